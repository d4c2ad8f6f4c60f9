-- Of the registrations that were started 55% are finished within hours and 10% after one to three days.
INSERT INTO event BY NAME
SELECT message_id || 'f' AS message_id, identity_id, "type", 'Workshop Registration Completed' AS name, source,
    make_timestamp(done) AS "at", make_timestamp(done) AS received_at, make_timestamp(done) AS original_at, url, properties, context,
    (json_extract(properties, '$.price')::BIGINT * 1000000) AS value_micros, 'EUR' AS currency, $batch AS batch
FROM (
    SELECT *, epoch_us("at") + CASE WHEN h < 55 THEN 120000000 + h * 300000000 ELSE 86400000000 + h * 2000000000 END AS done
    FROM (SELECT *, (hash(message_id, 5) % 100)::BIGINT AS h FROM event WHERE name = 'Workshop Registration Started')
    WHERE h < 65
)
WHERE done < $now ORDER BY done
