-- A tenth asked something; 4% complained, of which an eighth is open.
INSERT INTO ticket BY NAME
SELECT 'service' AS source, 'T' || p AS record_key, email_id AS identity_id,
    make_timestamp($now - (hash(p, 9) % 31536000000000)::BIGINT) AS "at",
    CASE WHEN h < 5 THEN NULL ELSE make_timestamp($now - (hash(p, 9) % 31536000000000)::BIGINT + 86400000000) END AS closed_at,
    CASE WHEN h < 40 THEN 'complaint' ELSE 'question' END AS kind,
    CASE WHEN h < 5 THEN 'open' ELSE 'closed' END AS status, 1 AS batch
FROM (SELECT p, email_id, hash(p, 8) % 1000 AS h FROM person) WHERE h < 140
