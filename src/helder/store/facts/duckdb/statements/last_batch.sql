-- The newest batch that this transaction sees.
SELECT coalesce(max(position), 0) FROM watermark WHERE stage = '_batch'
