package batch

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// UploadLimits bounds the files that come with a request. 0 means no limit.
type UploadLimits struct {
	// Off refuses all.
	Off bool
	// Resource and Extra are the largest sizes in bytes of the resource and of any
	// other file.
	Resource, Extra int64
}

// staging is where files wait under Dir/upload until their batch is about to be
// stored. No id has such a name.
const staging = ".staging"

// Upload is the files of one submission. They wait in a directory of their own, and
// move to one below their batch's name just before it is stored. That place is this
// submission's alone too: whoever loses the race for an id removes his own files, and
// can't touch the winner's.
type Upload struct {
	m        *Manager
	dir      string // "" until there is a file
	resource string // the resource's name, "" without one
	names    []string
}

// NewUpload returns an Upload without files, which makes no directory yet. Discard
// it in the end, whatever became of it.
func (m *Manager) NewUpload() *Upload { return &Upload{m: m} }

func uploadsOff() error {
	return sqlerr.New(sqlerr.Denied, "files can't be uploaded: kyuubi.batch.resource.upload.enabled is false")
}

// mostFiles is how many files a submission may have.
const mostFiles = 1000

// Receive stores a file. It fails with TooLarge as soon as there is more of it than
// is allowed.
func (u *Upload) Receive(ctx context.Context, name string, resource bool, from io.Reader) error {
	if u.m.opts.Uploads.Off {
		return uploadsOff()
	}
	if err := checkFileName(name); err != nil {
		return err
	}
	switch {
	case slices.Contains(u.names, name):
		return sqlerr.New(sqlerr.Invalid, "two uploaded files are called %s", name)
	case resource && u.resource != "":
		return sqlerr.New(sqlerr.Invalid, "only one file can be the resource, and %s is already", u.resource)
	case len(u.names) >= mostFiles:
		return sqlerr.New(sqlerr.TooLarge, "a batch may come with %d files", mostFiles)
	}
	if u.dir == "" {
		dir := filepath.Join(u.m.opts.Dir, "upload", staging, uuid.NewString())
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return noRoom(err)
		}
		u.dir = dir
	}
	limit, key := u.m.opts.Uploads.Extra, "kyuubi.batch.extra.resource.file.max.size"
	if resource {
		limit, key = u.m.opts.Uploads.Resource, "kyuubi.batch.resource.file.max.size"
		u.resource = name
	}
	u.names = append(u.names, name)
	if limit > 0 {
		from = io.LimitReader(from, limit+1)
	}
	n, err := receive(ctx, filepath.Join(u.dir, name), from)
	if err == nil && limit > 0 && n > limit {
		err = sqlerr.New(sqlerr.TooLarge, "the file %s is larger than %d bytes (%s)", name, limit, key)
	}
	return err
}

// receive writes a file that a crash of the machine can't take away any more.
func receive(ctx context.Context, path string, from io.Reader) (int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, noRoom(err)
	}
	to := &written{f: f}
	n, err := io.Copy(to, contextReader{ctx, from})
	switch {
	case err != nil && to.err == nil:
		err = unread(err)
	case err != nil:
		err = noRoom(err)
	}
	if failed := errors.Join(f.Sync(), f.Close()); err == nil && failed != nil {
		err = noRoom(failed)
	}
	return n, err
}

// written knows an error of the disk from one of the client.
type written struct {
	f   *os.File
	err error
}

func (w *written) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	w.err = err
	return n, err
}

type contextReader struct {
	ctx context.Context //nolint:containedctx // it lives as long as one call
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

func unread(err error) error {
	if _, known := errors.AsType[*sqlerr.Error](err); known {
		return err
	}
	return sqlerr.Wrap(err, sqlerr.Invalid, "an uploaded file could not be read to its end")
}

func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return sqlerr.Wrap(err, sqlerr.Unavailable, "the gateway has no room for uploaded files right now")
	}
	return sqlerr.Wrap(err, sqlerr.Internal, "an uploaded file can't be stored; the server's log has the details")
}

// checkFileName refuses what is no plain name of a file, or no part of a list.
func checkFileName(name string) error {
	const longest = 255
	if name == "" || name == "." || name == ".." || len(name) > longest || !utf8.ValidString(name) ||
		strings.ContainsAny(name, "/\\,\x00") {
		return sqlerr.New(sqlerr.Invalid, "an uploaded file can't be called %q: it must be a plain name, without commas, of at most %d bytes", name, longest)
	}
	return nil
}

// settle moves the files to their place and writes their paths into the row.
func (u *Upload) settle(b *metadata.Batch, req *Request) error {
	var missing []string
	for _, name := range req.extra {
		if !slices.Contains(u.names, name) || name == u.resource {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return sqlerr.New(sqlerr.Invalid, "extraResourcesMap names files that were not uploaded: %s", strings.Join(missing, ", "))
	}
	if u.resource == "" && req.Resource == "" {
		return sqlerr.New(sqlerr.Invalid, "resource is a required parameter: send it as the part resourceFile, or name it")
	}
	if len(u.names) == 0 {
		b.Conf[KeyUploaded] = "false"
		return nil
	}
	u.keep(req.extra)
	home := filepath.Join(u.m.opts.Dir, "upload", b.ID, onceOf(b.Digest))
	if err := u.move(home); err != nil {
		return noRoom(err)
	}
	if u.resource != "" {
		b.Resource = filepath.Join(home, u.resource)
	}
	for key, list := range req.Extra {
		if !keyList(u.m.opts.IgnoreConf).names(req.Type, key) {
			b.Conf[key] = withFiles(b.Conf[key], home, list)
		}
	}
	if !u.m.opts.SharedUploads {
		b.Host = u.m.opts.Host
	}
	return nil
}

// withFiles is a setting that holds paths, with those of uploaded files after them.
func withFiles(had, home, list string) string {
	var paths []string
	if had != "" {
		paths = append(paths, had)
	}
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			paths = append(paths, filepath.Join(home, name))
		}
	}
	return strings.Join(paths, ",")
}

// keep removes files that nothing names.
func (u *Upload) keep(extra []string) {
	for _, name := range u.names {
		if name != u.resource && !slices.Contains(extra, name) {
			_ = os.Remove(filepath.Join(u.dir, name)) // it only takes room
		}
	}
}

// move brings the files to their place. The directory above it may go at any
// moment, when the batch of that name has ended.
func (u *Upload) move(home string) error {
	var err error
	for range 3 {
		if err = os.MkdirAll(filepath.Dir(home), 0o700); err != nil {
			return err
		}
		if err = os.Rename(u.dir, home); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return err
	}
	u.dir = home
	for _, dir := range []string{home, filepath.Dir(home)} {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// leave says that the files are a batch's now, or may be.
func (u *Upload) leave() { u.dir = "" }

// Discard removes the files, unless they are a batch's.
func (u *Upload) Discard() {
	if u.dir == "" {
		return
	}
	if err := os.RemoveAll(u.dir); err != nil {
		u.m.opts.Log.Warn("uploaded files can't be removed", "dir", u.dir, "err", err)
	}
	if above := filepath.Dir(u.dir); filepath.Base(above) != staging {
		_ = os.Remove(above) // only when it is empty
	}
	u.dir = ""
}
