package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// SuperviseArgument is the subcommand that runs [Supervise].
const SuperviseArgument = "supervise"

// Supervise is the life of the process that holds one batch's job: it reads from
// in what to run, as a gateway has written it, and says on out whether the start
// was claimed.
func Supervise(ctx context.Context, in io.Reader, out io.Writer) error {
	return process.Supervise(ctx, in, out, new(claimer).claim)
}

// database is what a supervisor must know to claim a start.
type database struct {
	URL, User, Password string
	Pool                map[string]string
}

// database packs the metadata store's settings for supervisors.
func (s *Server) database() (json.RawMessage, error) {
	return json.Marshal(database{
		URL:      config.Get(s.conf, config.MetadataURL),
		User:     config.Get(s.conf, config.MetadataUser),
		Password: config.Get(s.conf, config.MetadataPassword),
		Pool:     s.conf.Pool(),
	})
}

// claimer claims one start in the metadata store.
type claimer struct {
	// unsure says that a claim may have been made whose answer was lost.
	unsure bool
}

// claim is a [process.Claimer].
func (c *claimer) claim(ctx context.Context, secret json.RawMessage, start process.Start) error {
	var d database
	if err := json.Unmarshal(secret, &d); err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "the settings of the metadata store can't be read")
	}
	if strings.HasSuffix(d.URL, ":memory:") {
		return sqlerr.New(sqlerr.Invalid, "%s=%s is a database that no other process can reach, as batches must: name a file", config.MetadataURL.Key(), d.URL)
	}
	if d.Pool == nil {
		d.Pool = map[string]string{}
	}
	d.Pool["maximumPoolSize"], d.Pool["minimumIdle"] = "1", "1"
	store, err := metadata.New(metadata.Options{URL: d.URL, User: d.User, Password: d.Password, Pool: d.Pool, AsIs: true})
	if err != nil {
		return err
	}
	return while(ctx, store, func(ctx context.Context) error { return c.claimIn(ctx, store, start) })
}

// while does work while a service runs.
func while(ctx context.Context, s service.Service, work func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var failed error
	ready, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		failed = s.Run(ctx, func() { close(ready) })
	}()
	defer func() {
		cancel()
		<-over
	}()
	select {
	case <-ready:
		return work(ctx)
	case <-over:
		return failed
	}
}

// claimIn claims a start. After a lost answer it looks whether the claim was made:
// as long as the lease is still ours, nobody else can have made it.
func (c *claimer) claimIn(ctx context.Context, store *metadata.Store, start process.Start) error {
	lease := metadata.Lease{ID: start.ID, Owner: start.Claim.Owner, Version: start.Claim.Version}
	err := store.ClaimStart(ctx, lease, metadata.Start{Host: start.Host, LogLocation: start.Log})
	if metadata.RetryOf(err) == metadata.Unsure {
		c.unsure = true
	}
	if err == nil || !c.unsure {
		return err
	}
	b, lookErr := store.Get(ctx, start.ID)
	switch {
	case lookErr != nil:
		return lookErr
	case b.Lease == lease && !b.Started.IsZero() && !b.State.Terminal():
		return nil
	case errors.Is(err, sqlerr.Canceled): // by the end of our time only
		return sqlerr.Wrap(err, sqlerr.Timeout, "the metadata store did not answer in time")
	default:
		return err
	}
}
