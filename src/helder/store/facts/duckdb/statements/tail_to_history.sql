-- Appends the event tail to history in time order, so that zone maps let a time window skip most row groups.
INSERT INTO event SELECT * FROM event_tail ORDER BY "at"
