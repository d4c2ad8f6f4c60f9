-- The first tables. No unique indexes on facts: they would cost memory and halve the speed of inserts.
CREATE TABLE "event" (
    "message_id" VARCHAR,
    "identity_id" BIGINT,
    "type" VARCHAR,
    "name" VARCHAR,
    "source" VARCHAR,
    "at" TIMESTAMP,
    "received_at" TIMESTAMP,
    "original_at" TIMESTAMP,
    "url" VARCHAR,
    "properties" VARCHAR,
    "context" VARCHAR,
    "value_micros" BIGINT,
    "currency" VARCHAR,
    "batch" BIGINT
);
CREATE TABLE "event_tail" (
    "message_id" VARCHAR,
    "identity_id" BIGINT,
    "type" VARCHAR,
    "name" VARCHAR,
    "source" VARCHAR,
    "at" TIMESTAMP,
    "received_at" TIMESTAMP,
    "original_at" TIMESTAMP,
    "url" VARCHAR,
    "properties" VARCHAR,
    "context" VARCHAR,
    "value_micros" BIGINT,
    "currency" VARCHAR,
    "batch" BIGINT
);
CREATE TABLE "identity" (
    "identity_id" BIGINT,
    "kind" VARCHAR,
    "value" VARCHAR,
    "first_seen" TIMESTAMP,
    "batch" BIGINT
);
CREATE TABLE "link" (
    "a" BIGINT,
    "b" BIGINT,
    "reason" VARCHAR,
    "strength" SMALLINT,
    "source" VARCHAR,
    "record_key" VARCHAR,
    "at" TIMESTAMP,
    "batch" BIGINT
);
CREATE TABLE "cut" (
    "a" BIGINT,
    "b" BIGINT,
    "reason" VARCHAR,
    "at" TIMESTAMP,
    "batch" BIGINT
);
CREATE TABLE "name_key" (
    "identity_id" BIGINT,
    "surname_key" BIGINT,
    "first_key" BIGINT,
    "initial_key" BIGINT,
    "near" VARCHAR,
    "batch" BIGINT
);
CREATE TABLE "identity_profile" (
    "identity_id" BIGINT,
    "profile_id" BIGINT,
    "batch" BIGINT
);
CREATE TABLE "refused_link" (
    "a" BIGINT,
    "b" BIGINT,
    "reason" VARCHAR,
    "refused" VARCHAR,
    "batch" BIGINT
);
CREATE TABLE "person_record" (
    "source" VARCHAR,
    "record_key" VARCHAR,
    "identity_id" BIGINT,
    "seen_at" TIMESTAMP,
    "changed_at" TIMESTAMP,
    "email" VARCHAR,
    "phone" VARCHAR,
    "first_name" VARCHAR,
    "infix" VARCHAR,
    "last_name" VARCHAR,
    "gender" VARCHAR,
    "birth_date" DATE,
    "street" VARCHAR,
    "house_number" VARCHAR,
    "postcode" VARCHAR,
    "city" VARCHAR,
    "country" VARCHAR,
    "language" VARCHAR,
    "email_verified" BOOLEAN,
    "extra" VARCHAR,
    "batch" BIGINT,
    "until_batch" BIGINT
);
CREATE TABLE "profile" (
    "profile_id" BIGINT,
    "email" VARCHAR,
    "phone" VARCHAR,
    "first_name" VARCHAR,
    "infix" VARCHAR,
    "last_name" VARCHAR,
    "gender" VARCHAR,
    "birth_date" DATE,
    "street" VARCHAR,
    "house_number" VARCHAR,
    "postcode" VARCHAR,
    "city" VARCHAR,
    "country" VARCHAR,
    "language" VARCHAR,
    "display_name" VARCHAR,
    "email_identity" BIGINT,
    "first_seen" TIMESTAMP,
    "last_seen" TIMESTAMP,
    "batch" BIGINT
);
CREATE TABLE "orders" (
    "source" VARCHAR,
    "record_key" VARCHAR,
    "identity_id" BIGINT,
    "at" TIMESTAMP,
    "status" VARCHAR,
    "kind" VARCHAR,
    "amount_micros" BIGINT,
    "currency" VARCHAR,
    "extra" VARCHAR,
    "batch" BIGINT,
    "until_batch" BIGINT
);
CREATE TABLE "order_line" (
    "source" VARCHAR,
    "record_key" VARCHAR,
    "identity_id" BIGINT,
    "order_key" VARCHAR,
    "at" TIMESTAMP,
    "product" VARCHAR,
    "category" VARCHAR,
    "quantity" DOUBLE,
    "unit_price_micros" BIGINT,
    "amount_micros" BIGINT,
    "currency" VARCHAR,
    "extra" VARCHAR,
    "batch" BIGINT,
    "until_batch" BIGINT
);
CREATE TABLE "subscription" (
    "source" VARCHAR,
    "record_key" VARCHAR,
    "identity_id" BIGINT,
    "payer_identity" BIGINT,
    "title" VARCHAR,
    "kind" VARCHAR,
    "at" TIMESTAMP,
    "ends_at" TIMESTAMP,
    "status" VARCHAR,
    "amount_micros" BIGINT,
    "currency" VARCHAR,
    "extra" VARCHAR,
    "batch" BIGINT,
    "until_batch" BIGINT
);
CREATE TABLE "ticket" (
    "source" VARCHAR,
    "record_key" VARCHAR,
    "identity_id" BIGINT,
    "at" TIMESTAMP,
    "closed_at" TIMESTAMP,
    "kind" VARCHAR,
    "status" VARCHAR,
    "extra" VARCHAR,
    "batch" BIGINT,
    "until_batch" BIGINT
);
CREATE TABLE "consent" (
    "identity_id" BIGINT,
    "purpose" VARCHAR,
    "channel" VARCHAR,
    "title" VARCHAR,
    "choice" VARCHAR,
    "basis" VARCHAR,
    "at" TIMESTAMP,
    "source" VARCHAR,
    "batch" BIGINT
);
CREATE TABLE "rejected" (
    "source" VARCHAR,
    "reason" VARCHAR,
    "detail" VARCHAR,
    "at" TIMESTAMP,
    "message_id" VARCHAR,
    "body" VARCHAR,
    "batch" BIGINT
);
CREATE TABLE "watermark" (
    "stage" VARCHAR,
    "position" BIGINT
);
CREATE VIEW every_event AS SELECT * FROM event UNION ALL SELECT * FROM event_tail;
