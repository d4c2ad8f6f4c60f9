-- Three orders a person over four years; one in fifteen is a return.
INSERT INTO orders BY NAME
SELECT 'shop' AS source, 'O' || p || '-' || n AS record_key, erp_id AS identity_id,
    make_timestamp($now - (hash(p, n) % 126144000000000)::BIGINT) AS "at", 'paid' AS status,
    CASE WHEN hash(p, n, 1) % 15 = 0 THEN 'return' ELSE 'order' END AS kind,
    (500 + (hash(p, n, 2) % 15000)::BIGINT) * 10000 AS amount_micros, 'EUR' AS currency, 1 AS batch
FROM person, range(3) AS number(n)
