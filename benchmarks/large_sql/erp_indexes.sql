CREATE INDEX customers_updated ON customers (updated_at);
CREATE INDEX workshop_orders_customer ON workshop_orders (customer_no, ordered_at);
CREATE INDEX workshop_orders_at ON workshop_orders (ordered_at);
PRAGMA optimize;
PRAGMA journal_mode = WAL;
