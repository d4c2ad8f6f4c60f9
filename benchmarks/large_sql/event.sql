-- Events [begin, end) of the year, ever denser towards now. The same row number always gives the same event.
INSERT INTO event BY NAME
WITH drawn AS (
    SELECT i, hash(i, 1) % 1000 AS kind, (hash(i, 2) % 100)::INTEGER AS thing,
        -- A tenth of the events falls on few people (u squared: 5,000 on the busiest of a million), the rest on all alike.
        floor($people * CASE WHEN hash(i, 3) % 10 = 0 THEN power((hash(i, 4) % 1000000007) / 1000000007, 2)
            ELSE (hash(i, 4) % 1000000007) / 1000000007 END)::BIGINT AS p,
        $now - 1000000 - (31536000000000 * power(1 - i / $events, 2))::BIGINT AS moment
    FROM range($begin, $end) AS number(i)
), named AS (
    SELECT *, CASE
        WHEN kind < 520 THEN 'Page Viewed' WHEN kind < 600 THEN 'Products Searched' WHEN kind < 800 THEN 'Product Viewed'
        WHEN kind < 890 THEN 'Workshop Viewed' WHEN kind < 905 THEN 'Order Completed' WHEN kind < 925 THEN 'Signed In'
        WHEN kind < 931 THEN 'Workshop Registration Started' WHEN kind < 960 THEN 'Email Sent'
        WHEN kind < 985 THEN 'Email Delivered' WHEN kind < 997 THEN 'Email Opened' ELSE 'Email Link Clicked' END AS name
    FROM drawn
)
SELECT printf('%010x-%016x', i, hash(i)) AS message_id,
    CASE WHEN kind < 931 THEN web_id ELSE email_id END AS identity_id,
    CASE WHEN kind < 520 THEN 'page' ELSE 'track' END AS "type", name,
    CASE WHEN kind >= 931 THEN 'helder' WHEN thing < 40 THEN 'site-tuin' WHEN thing < 75 THEN 'site-keuken' ELSE 'site-pad' END AS source,
    make_timestamp(moment) AS "at", make_timestamp(moment + 400000) AS received_at, make_timestamp(moment) AS original_at,
    CASE WHEN kind < 931 THEN 'https://tuin.lentehof.example/artikel/' || thing END AS url,
    CASE
        WHEN kind < 520 THEN '{"path":"/artikel/' || thing || '"}'
        WHEN kind < 600 THEN '{"query":"bollen ' || thing || '"}'
        WHEN kind < 800 THEN '{"product_id":"P' || thing || '","price":' || thing || '.95}'
        WHEN kind < 890 OR kind BETWEEN 925 AND 930 THEN '{"workshop_id":"W' || thing % 12 || '","title":"Snoeien","price":' || 79 + thing % 8 * 10 || '}'
        WHEN kind < 905 THEN '{"order_id":"O' || i || '","total":' || thing || '.95}'
        WHEN kind < 931 THEN '{}'
        ELSE '{"campaign":"c' || thing % 20 || '"}' END AS properties,
    '{"locale":"nl-NL"}' AS context,
    CASE WHEN kind BETWEEN 890 AND 904 THEN (thing * 100 + 95) * 10000 END::BIGINT AS value_micros,
    CASE WHEN kind BETWEEN 890 AND 904 THEN 'EUR' END AS currency, $batch AS batch
FROM named JOIN person USING (p)
