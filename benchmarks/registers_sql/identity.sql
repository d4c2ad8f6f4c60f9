-- First seen in the order of the sources.
INSERT INTO identity
SELECT identity_id, kind, value, TIMESTAMP '2020-01-01' + to_days((batch * 100)::INTEGER), batch FROM identity_ids
