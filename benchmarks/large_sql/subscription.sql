-- Six in ten subscribe to one of the three titles; a third of those has ended.
INSERT INTO subscription BY NAME
SELECT 'shop' AS source, 'A' || p AS record_key, erp_id AS identity_id, erp_id AS payer_identity,
    list_extract(['tuin', 'keuken', 'pad'], (p % 3 + 1)::INTEGER) AS title,
    CASE WHEN hash(p, 3) % 12 = 0 THEN 'trial' WHEN hash(p, 3) % 12 = 1 THEN 'gift' ELSE 'paid' END AS kind,
    make_timestamp($now - (hash(p, 4) % 157680000000000)::BIGINT) AS "at",
    CASE WHEN hash(p, 5) % 3 = 0 THEN make_timestamp($now - (hash(p, 4) % 10000000000000)::BIGINT) END AS ends_at,
    CASE WHEN hash(p, 5) % 3 = 0 THEN 'ended' ELSE 'active' END AS status, 59400000 AS amount_micros, 'EUR' AS currency, 1 AS batch
FROM person WHERE p % 5 < 3
