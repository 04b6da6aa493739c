-- With the type in it the index is enough to count a user's batches of a type.
CREATE INDEX nekomata_user_state_index ON metadata (user_name, state, key_id, engine_type);
DROP INDEX nekomata_user_index;
