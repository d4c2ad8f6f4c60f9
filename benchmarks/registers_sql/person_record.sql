-- The records, each of the account that it is about.
INSERT INTO person_record BY NAME
SELECT r.* EXCLUDE (p), a.identity_id, r.changed_at AS seen_at, '{}' AS extra
FROM record AS r JOIN identity_ids AS a ON a.value = r.record_key AND a.kind LIKE '%:' || r.source
