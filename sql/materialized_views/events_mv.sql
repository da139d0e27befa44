-- Carries the events of a flush that the fence let through into events.
-- Runs once for each insert into inbox; a repeated deduplication token is dropped by the target itself.
CREATE MATERIALIZED VIEW IF NOT EXISTS events_mv TO events
AS SELECT
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, event_id, type, schema_version,
    occurred_at, received_at, invalid_fields, customer_id, customer_ip_address, device, source, language, name,
    sender, content, attachments, action_name, started_at, ended_at, duration_ms, tools_used, response,
    error_message, button_event, label, value, rating, comment, rated_by, prompt_tokens, completion_tokens,
    total_tokens, embedding_tokens, model, metadata, extra, customer, has_public_address, country_code, region,
    city, latitude, longitude, device_class, source_name, language_code, language_region, verdict,
    failed, call_name, call_duration_ms, topic, partition, log_epoch, offset
FROM (SELECT * FROM inbox_accepted WHERE kind IN ('event', 'lost_event'))
ARRAY JOIN
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, event_id, type, schema_version,
    occurred_at, received_at, invalid_fields, customer_id, customer_ip_address, device, source, language, name, sender,
    content, attachments, action_name, started_at, ended_at, duration_ms, tools_used, response, error_message,
    button_event, label, value, rating, comment, rated_by, prompt_tokens, completion_tokens, total_tokens,
    embedding_tokens, model, metadata, extra, customer, has_public_address, country_code, region, city, latitude,
    longitude, device_class, source_name, language_code, language_region, verdict, failed, call_name,
    call_duration_ms, offset
COMMENT 'Fills events from inbox_accepted';
