package server

import (
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/statement"
)

func (s *Server) newStatements() *statement.Manager {
	c := s.conf
	m := statement.NewManager(statement.Options{
		Engine:    s.engine,
		Settings:  s.backend,
		Operation: s.backendOptions().Operation,
		TTL:       config.Get(c, config.StatementTTL),
		Limits: statement.Limits{
			Running:        config.Get(c, config.StatementMaxRunning),
			RunningPerUser: config.Get(c, config.StatementMaxRunningPerUser),
			Kept:           config.Get(c, config.StatementMaxKept),
			KeptPerUser:    config.Get(c, config.StatementMaxKeptPerUser),
			ResultSize:     config.Get(c, config.StatementResultMaxSize),
			TotalSize:      config.Get(c, config.StatementResultTotalMaxSize),
		},
		Instance: s.instance,
		Log:      s.log,
	})
	pair(s.metrics.gauge, m.Count,
		figure{"nekomata_statements_running", "Statements without a session that are at work."},
		figure{"nekomata_statements_kept", "Statements without a session that have ended and are kept."})
	return m
}
