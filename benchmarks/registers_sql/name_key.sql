-- The name on each record, as keyed hashes.
INSERT INTO name_key BY NAME
SELECT r.identity_id, n.surname_key, n.first_key, n.initial_key, n.near, r.batch
FROM person_record AS r JOIN name_keys AS n
    ON n.first_name = r.first_name AND n.infix = coalesce(r.infix, '') AND n.last_name = r.last_name
