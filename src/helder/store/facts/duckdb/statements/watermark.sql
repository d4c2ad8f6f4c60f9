-- How far a stage has come.
SELECT coalesce(max(position), 0) FROM watermark WHERE stage = $stage
