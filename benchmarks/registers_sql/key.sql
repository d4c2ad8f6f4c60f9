-- Every identity that the records mention, once: the account at each source, addresses and telephone numbers.
SELECT kind, value, min(batch) AS batch FROM (
    SELECT CASE source WHEN 'newsletter' THEN 'subscriber:' ELSE 'customer:' END || source AS kind, record_key AS value, batch FROM record
    UNION ALL SELECT 'email', email, batch FROM record WHERE email IS NOT NULL
    UNION ALL SELECT 'phone', phone, batch FROM record WHERE phone IS NOT NULL
) GROUP BY kind, value
