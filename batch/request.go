package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The types of batch.
const (
	TypeSpark   = "SPARK"
	TypePySpark = "PYSPARK"
	TypeSQL     = "SQL"
)

// Keys of a batch's settings. But for the first two they are the gateway's to set.
const (
	// KeyID is the batch's id, which a client may choose.
	KeyID = "kyuubi.batch.id"
	// KeyPriority is the place in the queue: the higher, the earlier.
	KeyPriority = "kyuubi.batch.priority"
	// KeyUploaded says whether files came with the request.
	KeyUploaded = "kyuubi.batch.resource.uploaded"
	// KeyClientAddress is where the client called from, KeyServerAddress at which
	// address, KeyConnectionURL the gateway's host:port.
	KeyClientAddress = "kyuubi.client.ipAddress"
	KeyServerAddress = "kyuubi.server.ipAddress"
	KeyConnectionURL = "kyuubi.session.connection.url"
	// KeyRealUser is who logged in.
	KeyRealUser = "kyuubi.session.real.user"
)

const (
	// keyClientVersion says nothing about the job.
	keyClientVersion = "kyuubi.client.version"
	// keyName names a batch that has no name.
	keyName = "kyuubi.session.name"
)

// usualPriority is Kyuubi's.
const usualPriority = 10

// Request is what a client submits.
type Request struct {
	// User is whom the batch shall run as, RealUser who logged in.
	User, RealUser string
	// ClientAddress is the client's IP address, ServerAddress the gateway's.
	ClientAddress, ServerAddress string
	// Type is the kind of batch; Normalize makes it capitals.
	Type string
	// Resource and ClassName say what runs, Name what it is called.
	Resource, ClassName, Name string
	// Conf and Args are the settings and arguments; Normalize copies them.
	Conf map[string]string
	Args []string
	// Extra are the names of uploaded files whose paths are added to settings, by key
	// and with commas between.
	Extra map[string]string
	// Uploaded says that files come with the request, which may be the resource.
	Uploaded bool

	id       string
	priority int
	extra    []string // all names of Extra, sorted
}

// Normalize brings a request into its form, or fails with Invalid.
func (m *Manager) Normalize(r *Request) error {
	r.Type = strings.ToUpper(strings.TrimSpace(r.Type))
	if !slices.Contains(m.opts.Types, r.Type) {
		return sqlerr.New(sqlerr.Invalid, "%s is not in the supported list: %s", kind(r.Type), strings.Join(m.opts.Types, ", "))
	}
	if strings.TrimSpace(r.Resource) == "" && !r.Uploaded {
		return sqlerr.New(sqlerr.Invalid, "resource is a required parameter")
	}
	if strings.TrimSpace(r.ClassName) == "" && r.Type == TypeSpark {
		return sqlerr.New(sqlerr.Invalid, "classname is a required parameter for %s", r.Type)
	}
	if len(r.Extra) > 0 && !r.Uploaded {
		return sqlerr.New(sqlerr.Invalid, "extraResourcesMap names uploaded files: send them as parts of a multipart/form-data request")
	}
	if err := r.checkTexts(); err != nil {
		return err
	}
	conf := make(map[string]string, len(r.Conf)+8)
	maps.Copy(conf, r.Conf)
	r.Conf, r.Args = conf, append([]string{}, r.Args...)
	if strings.TrimSpace(r.Name) == "" {
		r.Name = conf[keyName]
	}
	if id, ok := conf[KeyID]; ok {
		if !canonical(id) {
			return sqlerr.New(sqlerr.Invalid, "%s=%s must be an UUID", KeyID, id)
		}
		r.id = id
	}
	r.priority = usualPriority
	text, ok := conf[KeyPriority]
	if !ok || keyList(m.opts.IgnoreConf).names(r.Type, KeyPriority) {
		text, ok = m.defaults(r.Type)[KeyPriority]
	}
	if ok {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return sqlerr.New(sqlerr.Invalid, "%s=%s must be an integer of 32 bits", KeyPriority, text)
		}
		r.priority = int(n)
	}
	return r.nameExtra()
}

// kind is a type that a client sent, as it may be shown.
func kind(sent string) string {
	if sent == "" {
		return "a missing batchType"
	}
	return sent
}

// checkTexts refuses what no program can be given, and what the store can't keep:
// better before files are read than after.
func (r *Request) checkTexts() error {
	const longest = 1024
	for name, text := range map[string]string{"resource": r.Resource, "className": r.ClassName, "name": r.Name} {
		if n := utf8.RuneCountInString(text); n > longest {
			return sqlerr.New(sqlerr.Invalid, "%s has at most %d characters, this one has %d", name, longest, n)
		}
	}
	for name, texts := range map[string]map[string]string{"conf": r.Conf, "extraResourcesMap": r.Extra} {
		for key, value := range texts {
			if strings.ContainsRune(key, 0) || strings.ContainsRune(value, 0) {
				return sqlerr.New(sqlerr.Invalid, "%s: the setting %q can't have a NUL character", name, key)
			}
		}
	}
	return nil
}

// nameExtra collects the names of the uploaded files. Their paths can't be added to
// what is the gateway's to set.
func (r *Request) nameExtra() error {
	seen := map[string]bool{}
	for key, list := range r.Extra {
		if strings.TrimSpace(key) == "" || slices.Contains(ours, strings.TrimPrefix(key, sparkPrefix)) {
			return sqlerr.New(sqlerr.Invalid, "extraResourcesMap can't add files to the setting %q: name one that takes files, such as spark.jars", key)
		}
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if err := checkFileName(name); err != nil {
				return err
			}
			seen[name] = true
		}
	}
	r.extra = slices.Sorted(maps.Keys(seen))
	return nil
}

// canonical says whether a text is a UUID as it is always written.
func canonical(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// ours are the keys that the gateway sets.
var ours = []string{KeyID, KeyUploaded, KeyClientAddress, KeyServerAddress, KeyConnectionURL, KeyRealUser}

// silent are the keys that say nothing about what a client wants to run.
var silent = append(slices.Clone(ours), keyClientVersion)

// digest is the same for two requests that ask for the same. What is in uploaded
// files doesn't count, since those of a known id are not read.
func (r *Request) digest() string {
	conf := maps.Clone(r.Conf)
	for _, key := range silent {
		delete(conf, key)
	}
	resource := r.Resource
	if r.Uploaded {
		resource = ""
	}
	text, _ := json.Marshal([]any{r.User, r.Type, resource, r.ClassName, r.Name, conf, r.Args, r.Extra, r.Uploaded}) // texts always can
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// A stored digest is a request's digest with something that no other attempt to
// store it has: so a gateway knows its own row again after a lost answer.
const digestSeparator = "."

// sameRequest compares a stored digest with a request's.
func sameRequest(stored, digest string) bool {
	before, _, _ := strings.Cut(stored, digestSeparator)
	return before == digest
}

// onceOf is the unique part of a stored digest.
func onceOf(stored string) string {
	_, once, _ := strings.Cut(stored, digestSeparator)
	return once
}
