-- A record joins its account with its address and its telephone number.
INSERT INTO link
SELECT least(r.identity_id, o.identity_id), greatest(r.identity_id, o.identity_id), 'same_record', 90, r.source, r.record_key,
    r.changed_at, r.batch
FROM (
    SELECT identity_id, source, record_key, changed_at, batch, unnest(['email', 'phone']) AS kind, unnest([email, phone]) AS value
    FROM person_record
) AS r JOIN identity_ids AS o ON o.kind = r.kind AND o.value = r.value
