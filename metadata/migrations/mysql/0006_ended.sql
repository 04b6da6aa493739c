-- A user's batches of a state in the order of lists, so that the newest can be counted
-- alone. The type still is in it, to count without reading batches.
ALTER TABLE metadata
	ADD INDEX nekomata_user_state_index (user_name, state, key_id, engine_type),
	DROP INDEX nekomata_user_index;
