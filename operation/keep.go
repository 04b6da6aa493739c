package operation

import (
	"context"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Keep reads the rest of an operation's result into what is kept, so that the
// connection is free and all rows can be read at any place, and returns their
// number. It needs the state FINISHED. allow is asked after each batch, with the bytes that the result has in
// its file; its error, like any other, makes the state ERROR.
func (m *OperationManager) Keep(id uuid.UUID, allow func(spilled int64) error) (rows int64, err error) {
	o, err := m.find(id)
	if err != nil {
		return 0, err
	}
	return o.keep(allow)
}

// ReadAt reads rows at a place of an operation's result, as often as one likes;
// the cursor stays where it is. Rows that are not here yet are waited for, so
// somebody must be reading them: see Keep.
func (m *OperationManager) ReadAt(ctx context.Context, id uuid.UUID, at Range) (*Page, error) {
	o, err := m.find(id)
	if err != nil {
		return nil, err
	}
	if at.Offset < 0 {
		return nil, sqlerr.New(sqlerr.Invalid, "the offset must not be negative: %d", at.Offset)
	}
	if err := (Fetch{MaxRows: at.MaxRows}).check(); err != nil {
		return nil, err
	}
	return o.readAt(ctx, at)
}

// Size is how many bytes an operation takes in memory and in its result's file.
func (m *OperationManager) Size(id uuid.UUID) (memory, file int64) {
	o, err := m.find(id)
	if err != nil {
		return 0, 0
	}
	o.mu.Lock()
	r := o.result
	o.mu.Unlock()
	memory = o.log.bytes()
	if r != nil {
		r.mu.Lock()
		memory, file = memory+r.inMem, r.spilled()
		r.mu.Unlock()
	}
	return memory, file
}

// LogAt reads up to limit lines of an operation's log from the one numbered offset
// on; the log's cursor stays where it is.
func (m *OperationManager) LogAt(id uuid.UUID, offset, limit int64) (LogPage, error) {
	o, err := m.find(id)
	if err != nil {
		return LogPage{}, err
	}
	return o.log.at(max(0, offset), max(0, limit)), nil
}
