package token

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Files is a [Memory] that outlives the process: a directory with a file for each
// token. The files hold no secret, but tell who has tokens.
type Files struct {
	*Memory

	dir string
	// writing keeps the files in the order of the changes in memory.
	writing sync.Mutex
}

const suffix = ".json"

// NewFiles returns a store in dir, which belongs to it alone.
func NewFiles(dir string) *Files { return &Files{Memory: NewMemory(), dir: dir} }

// Open makes the directory, or reads what is in it.
func (s *Files) Open(ctx context.Context) error {
	err := os.MkdirAll(s.dir, 0o700)
	entries, readErr := os.ReadDir(s.dir)
	if err := cmp.Or(err, readErr); err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the directory of delegation tokens, %s, can't be made or read", s.dir)
	}
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		if filepath.Ext(path) != suffix { // a write that a crash cut short
			_ = os.Remove(path)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return sqlerr.Wrap(err, sqlerr.Invalid, "the delegation token in %s can't be read", path)
		}
		var r Record
		if err := json.Unmarshal(text, &r); err != nil || s.path(r.ID) != path {
			return sqlerr.Wrap(err, sqlerr.Invalid, "%s can't be understood: remove it, which cancels the delegation token", path)
		}
		if err := s.Memory.Insert(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Files) path(id uuid.UUID) string { return filepath.Join(s.dir, id.String()+suffix) }

// failed hides from clients where the files are; the cause names them.
func failed(err error) error {
	return sqlerr.Wrap(err, sqlerr.Internal, "the delegation token can't be stored; the server's log has the details")
}

func (s *Files) write(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := writeFile(s.path(r.ID), text); err != nil {
		return failed(err)
	}
	return nil
}

// Insert adds a token.
func (s *Files) Insert(ctx context.Context, r Record) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.write(r); err != nil {
		return err
	}
	return s.Memory.Insert(ctx, r)
}

// Extend changes until when a token is good.
func (s *Files) Extend(ctx context.Context, id uuid.UUID, expires time.Time) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	r, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	r.Expires = expires
	if err := s.write(r); err != nil {
		return err
	}
	return s.Memory.Extend(ctx, id, expires)
}

// Delete forgets a token.
func (s *Files) Delete(ctx context.Context, id uuid.UUID) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.Memory.Delete(ctx, id); err != nil {
		return err
	}
	return s.remove(id)
}

// Prune forgets the tokens that have expired by now.
func (s *Files) Prune(_ context.Context, now time.Time) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	gone := s.expire(now)
	var errs []error
	for _, id := range gone {
		errs = append(errs, s.remove(id))
	}
	return len(gone), errors.Join(errs...)
}

func (s *Files) remove(id uuid.UUID) error {
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	return nil
}
