// Slipway's own Temporal server: all of its parts in one process, on SQLite, and no cluster to join.
//
// Temporal's own program of the same version finds its parts by a membership protocol, which takes four more ports and most
// of what an idle server costs. Here each part is told where the others are.
package main

import (
	"errors"
	"fmt"
	"os"
	_ "time/tzdata" // for hosts without time zones

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: slipway-temporal <folder with base.yaml> | --version")
	}
	if args[0] == "--version" {
		fmt.Println("temporal version " + headers.ServerVersion)
		return nil
	}
	return serve(args[0])
}

// serve returns when the process is told to end.
func serve(folder string) error {
	settings, err := config.LoadConfig("slipway", folder, "")
	if err != nil {
		return fmt.Errorf("the configuration in %s can't be read: %w", folder, err)
	}
	logger := log.NewZapLogger(log.BuildZapLogger(settings.Log))
	dynamic, err := dynamicconfig.NewFileBasedClient(settings.DynamicConfigClient, logger, temporal.InterruptCh())
	if err != nil {
		return fmt.Errorf("the dynamic configuration can't be read: %w", err)
	}
	server, err := temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(settings),
		temporal.WithDynamicConfigClient(dynamic),
		temporal.WithLogger(logger),
		temporal.WithStaticHosts(hostsOf(settings)),
		temporal.InterruptOn(temporal.InterruptCh()),
	)
	if err != nil {
		return fmt.Errorf("the server can't be made: %w", err)
	}
	return server.Start()
}

func hostsOf(settings *config.Config) map[primitives.ServiceName]static.Hosts {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, service := range settings.Services {
		address := fmt.Sprintf("%s:%d", service.RPC.BindOnIP, service.RPC.GRPCPort)
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(address)
	}
	return hosts
}
