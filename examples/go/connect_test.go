// Run with: npx nats-sandbox exec tls-verify -- go test ./...
package example

import (
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestGetsInWithItsCertificate(t *testing.T) {
	nc, err := nats.Connect(os.Getenv("NATS_URL"),
		nats.RootCAs(os.Getenv("NATS_CA")),
		nats.ClientCert(os.Getenv("NATS_CERT"), os.Getenv("NATS_KEY")))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync("hello")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Publish("hello", []byte("world")); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.NextMsg(5 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestIsTurnedAwayWithoutOne(t *testing.T) {
	nc, err := nats.Connect(os.Getenv("NATS_URL"), nats.RootCAs(os.Getenv("NATS_CA")))
	if err == nil {
		nc.Close()
		t.Fatal("it got in without a certificate")
	}
}
