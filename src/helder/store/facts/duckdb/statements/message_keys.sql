-- The keys of messages received in [since, until): the last eight bytes of MD5, as collect/duplicates.py makes them.
SELECT DISTINCT md5_number_lower(source || chr(0) || message_id) AS key FROM every_event
WHERE received_at >= $since AND received_at < $until
