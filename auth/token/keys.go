package token

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// secretSize is the length of a key: SHA-256's.
const secretSize = 32

// key signs tokens.
type key struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Secret  []byte    `json:"secret"`
}

// ring is the keys of a gateway, oldest first; the last one signs. It lives in a
// file that nobody else can read.
type ring struct {
	path string
	keys []key
}

// openRing reads the keys, or begins with none.
func openRing(path string) (*ring, error) {
	r := &ring{path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "the keys of delegation tokens, %s, can't be read", path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "the keys of delegation tokens, %s, can't be read", path)
	}
	const others = 0o077
	if info.Mode().Perm()&others != 0 {
		return nil, sqlerr.New(sqlerr.Invalid, "the keys of delegation tokens, %s, are open to others (mode %04o): "+
			"remove the file, which makes all tokens invalid, or chmod 600 it if nobody has read it", path, info.Mode().Perm())
	}
	if err := json.Unmarshal(text, &r.keys); err != nil {
		return nil, broken(path, err)
	}
	for _, k := range r.keys {
		if k.ID == "" || len(k.Secret) != secretSize {
			return nil, broken(path, nil)
		}
	}
	return r, nil
}

func broken(path string, err error) error {
	return sqlerr.Wrap(err, sqlerr.Invalid, "the keys of delegation tokens, %s, can't be understood: "+
		"put a copy of the file back, or remove it, which makes all tokens invalid", path)
}

// rotate adds a key when the newest is older than update, and drops those that
// have signed nothing for longer than any token lives. It reports whether
// anything changed.
func (r *ring) rotate(now time.Time, update, lifetime time.Duration) (bool, error) {
	keys := slices.Clone(r.keys)
	if len(keys) == 0 || now.Sub(keys[len(keys)-1].Created) >= update {
		secret := make([]byte, secretSize)
		_, _ = rand.Read(secret) // never fails
		keys = append(keys, key{ID: uuid.NewString(), Created: now, Secret: secret})
	}
	// A key signs until the next one comes.
	for len(keys) > 1 && now.Sub(keys[1].Created) > lifetime {
		keys = keys[1:]
	}
	if slices.EqualFunc(keys, r.keys, func(a, b key) bool { return a.ID == b.ID }) {
		return false, nil
	}
	text, err := json.MarshalIndent(keys, "", " ") //nolint:gosec // the file is for the secrets
	if err != nil {
		return false, err
	}
	if err := writeFile(r.path, text); err != nil {
		return false, sqlerr.Wrap(err, sqlerr.Internal, "the keys of delegation tokens, %s, can't be written", r.path)
	}
	r.keys = keys
	return true, nil
}

func (r *ring) newest() key { return r.keys[len(r.keys)-1] }

// secret is a key by its id; nil when there is none.
func (r *ring) secret(id string) []byte {
	for _, k := range r.keys {
		if k.ID == id {
			return k.Secret
		}
	}
	return nil
}

// writeFile puts text in a file that only its owner can read: all of it or, after
// a crash in the midst, what was there before.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
