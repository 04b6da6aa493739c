package metadata

import (
	"strings"
	"unicode/utf8"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// maxText is how many bytes a settings or diagnostics column holds.
const maxText = 16<<20 - 1

// check refuses what a column can't hold. SQLite would take it, and MySQL says
// only that something is too long.
func (b *Batch) check(conf, args []byte) error {
	for _, f := range []struct {
		what, value string
		limit       int
	}{
		{"id", b.ID, 36},
		{"user", b.User, 255},
		{"real user", b.RealUser, 255},
		{"address", b.Address, 128},
		{"type", b.Type, 32},
		{"name", b.Name, 1024},
		{"resource", b.Resource, 1024},
		{"class name", b.ClassName, 1024},
		{"cluster manager", b.ClusterManager, 128},
		{"digest", b.Digest, 128},
		{"host", b.Host, 255},
		{"instance", b.Instance, 1024},
		{"log location", b.LogLocation, 1024},
	} {
		if n := utf8.RuneCountInString(f.value); n > f.limit {
			return sqlerr.New(sqlerr.Invalid, "the %s of a batch has at most %d characters, this one has %d", f.what, f.limit, n)
		}
		if !utf8.ValidString(f.value) {
			return sqlerr.New(sqlerr.Invalid, "the %s of a batch must be UTF-8", f.what)
		}
	}
	if b.ID == "" || b.User == "" || b.Type == "" {
		return sqlerr.New(sqlerr.Invalid, "a batch has an id, a user and a type")
	}
	if len(conf) > maxText || len(args) > maxText {
		return sqlerr.New(sqlerr.TooLarge, "the settings and the arguments of a batch have at most %d bytes each", maxText)
	}
	return nil
}

// fit cuts what a cluster says to what the columns hold.
func (a Application) fit() Application {
	const maxDiagnostic = 1 << 20 // a start and a reason, not a log
	a.ID, a.URL, a.State = cut(a.ID, 128), cut(a.URL, 1024), cut(a.State, 32)
	a.Name, a.Diagnostic = cut(a.Name, maxDiagnostic), cut(a.Diagnostic, maxDiagnostic)
	return a
}

// cut returns at most limit bytes of valid text, which is as many characters or fewer.
func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// orNull keeps an empty text out of a column, as Kyuubi does.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
