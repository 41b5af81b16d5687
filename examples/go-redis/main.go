// An application's client: the output `connection` is all that it needs.
//
//	npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | (cd examples/go-redis && go run .)
//
// With a number it goes on writing for so many seconds, and says each pause that was longer than a tenth of one.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

type endpoint struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

func (e endpoint) String() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

type connection struct {
	Sentinels        []endpoint `json:"sentinels"`
	Name             string     `json:"name"`
	Username         string     `json:"username"`
	Password         string     `json:"password"`
	SentinelUsername string     `json:"sentinelUsername"`
	SentinelPassword string     `json:"sentinelPassword"`
	// Milliseconds for a connection to be made.
	ConnectTimeout int `json:"connectTimeout"`
	// Where the stack has the setting `tls`: whom to trust, and what to show if clients need a certificate.
	TLS *struct {
		CA   string `json:"ca"`
		Cert string `json:"cert"`
		Key  string `json:"key"`
	} `json:"tls"`
	// Announced address -> address from outside the Docker network.
	NatMap map[string]endpoint `json:"natMap"`
}

// dialer reaches a member where it is reached from here, encrypted if the stack is.
//
// With a dialer of one's own, go-redis leaves TLS to it, for nodes and Sentinels alike.
func (c connection) dialer() (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	plain := &net.Dialer{Timeout: time.Duration(c.ConnectTimeout) * time.Millisecond}
	dial := plain.DialContext
	if c.TLS != nil {
		config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if !config.RootCAs.AppendCertsFromPEM([]byte(c.TLS.CA)) {
			return nil, errors.New("tls.ca has no certificate")
		}
		if c.TLS.Cert != "" {
			certificate, err := tls.X509KeyPair([]byte(c.TLS.Cert), []byte(c.TLS.Key))
			if err != nil {
				return nil, err
			}
			config.Certificates = []tls.Certificate{certificate}
		}
		dial = (&tls.Dialer{NetDialer: plain, Config: config}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if outside, translated := c.NatMap[address]; translated {
			address = outside.String()
		}
		return dial(ctx, network, address)
	}, nil
}

// client asks the Sentinels for the master, now and after each failover.
func (c connection) client() (*redis.Client, error) {
	dialer, err := c.dialer()
	if err != nil {
		return nil, err
	}
	sentinels := make([]string, len(c.Sentinels))
	for i, sentinel := range c.Sentinels {
		sentinels[i] = sentinel.String()
	}
	return redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName:       c.Name,
		SentinelAddrs:    sentinels,
		SentinelUsername: c.SentinelUsername,
		SentinelPassword: c.SentinelPassword,
		Username:         c.Username,
		Password:         c.Password,
		Dialer:           dialer,
		// Until there is a master again, for ten seconds and more.
		MaxRetries:      20,
		MinRetryBackoff: 100 * time.Millisecond,
		MaxRetryBackoff: 100 * time.Millisecond,
	}), nil
}

func run() error {
	var c connection
	if err := json.NewDecoder(os.Stdin).Decode(&c); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()

	ctx := context.Background()
	if err := client.Set(ctx, "greeting", "hello from go-redis", 0).Err(); err != nil {
		return err
	}
	greeting, err := client.Get(ctx, "greeting").Result()
	if err != nil {
		return err
	}
	fmt.Println(greeting)
	if len(os.Args) > 1 {
		seconds, err := strconv.ParseFloat(os.Args[1], 64)
		if err != nil {
			return err
		}
		return watch(ctx, client, time.Duration(seconds*float64(time.Second)))
	}
	return nil
}

// watch writes without a pause of its own.
func watch(ctx context.Context, client *redis.Client, period time.Duration) error {
	began := time.Now()
	last := began
	for time.Since(began) < period {
		if err := client.Set(ctx, "greeting", "hello again", 0).Err(); err != nil {
			return err
		}
		if pause := time.Since(last); pause > 100*time.Millisecond {
			fmt.Printf("pause of %d ms\n", pause.Milliseconds())
		}
		last = time.Now()
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
