package tlsfile

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options configures a [Keeper].
type Options struct {
	// Files are where the certificates are.
	Files Files
	// Settings are the names of what Files was read from.
	Settings Settings
	// Interval is how often the files are looked at although nothing told that they
	// have changed, since not every file system tells; 0 means a minute.
	Interval time.Duration
	// Log is where new certificates and failures go; nil discards them.
	Log *slog.Logger
}

var _ service.Service = (*Keeper)(nil)

// Keeper holds the certificates of some files, always the newest that were whole.
type Keeper struct {
	opts  Options
	certs atomic.Pointer[[]tls.Certificate] // nil until they are read

	seen   contents // what was tried last; Run's goroutine only
	failed string   // the last failure to read, so that it is told once
}

// New checks that files are named as they should be. It reads nothing yet.
func New(opts Options) (*Keeper, error) {
	if err := opts.Files.check(opts.Settings); err != nil {
		return nil, err
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Interval <= 0 {
		opts.Interval = time.Minute
	}
	return &Keeper{opts: opts}, nil
}

// String is the service's name.
func (k *Keeper) String() string { return "TLS certificates" }

// Run reads the certificates, which fails when they are not usable, and then
// follows the files until ctx is done. New files that are not usable are logged,
// and the certificates before stay.
func (k *Keeper) Run(ctx context.Context, ready func()) error {
	w := watch(k.opts.Files.paths(), k.opts.Log)
	defer w.close()
	if err := k.load(); err != nil {
		return err
	}
	ready()
	tick := time.NewTicker(k.opts.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		case <-tick.C:
		}
		k.reload()
	}
}

// load reads the files and takes their certificates.
func (k *Keeper) load() error {
	c, err := k.opts.Files.read(k.opts.Settings)
	if err != nil {
		return err
	}
	return k.take(c)
}

func (k *Keeper) take(c contents) error {
	k.seen = c
	certs, err := k.opts.Files.parse(c, k.opts.Settings)
	if err != nil {
		return err
	}
	k.certs.Store(&certs)
	now := time.Now()
	for _, cert := range certs {
		k.tell(cert.Leaf, now)
	}
	return nil
}

// reload is load for files that may be as they were, and may be broken.
func (k *Keeper) reload() {
	c, err := k.opts.Files.read(k.opts.Settings)
	if err == nil {
		k.failed = ""
		if c.equal(k.seen) {
			return
		}
		err = k.take(c)
	}
	if err == nil {
		return
	}
	if text := err.Error(); text != k.failed {
		k.failed = text
		k.opts.Log.Error("the new TLS certificate is not usable: the one before stays", "reason", sqlerr.From(err).Message)
	}
}

func (k *Keeper) tell(leaf *x509.Certificate, now time.Time) {
	attrs := []any{"subject", leaf.Subject.String(), "names", leaf.DNSNames, "addresses", leaf.IPAddresses, "expires", leaf.NotAfter}
	switch {
	case now.After(leaf.NotAfter):
		k.opts.Log.Warn("the TLS certificate has expired: most clients will refuse it", attrs...)
	case now.Before(leaf.NotBefore):
		k.opts.Log.Warn("the TLS certificate is not valid yet: most clients will refuse it", append(attrs, "begins", leaf.NotBefore)...)
	default:
		k.opts.Log.Info("TLS certificate", attrs...)
	}
}

// Expiry is when the first of the certificates in use expires; zero before they
// are read.
func (k *Keeper) Expiry() time.Time {
	var first time.Time
	if certs := k.certs.Load(); certs != nil {
		for _, c := range *certs {
			if first.IsZero() || c.Leaf.NotAfter.Before(first) {
				first = c.Leaf.NotAfter
			}
		}
	}
	return first
}

// Config is a server's TLS configuration with the keeper's newest certificates.
// Handshakes fail before they are read.
func (k *Keeper) Config(p Policy) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: k.choose}
	return c, p.apply(c)
}

// choose is the first certificate that a client can use, or else the first.
func (k *Keeper) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	p := k.certs.Load()
	if p == nil {
		return nil, sqlerr.New(sqlerr.Unavailable, "the certificates are not read yet")
	}
	certs := *p
	if len(certs) > 1 {
		for i := range certs {
			if hello.SupportsCertificate(&certs[i]) == nil {
				return &certs[i], nil
			}
		}
	}
	return &certs[0], nil
}
