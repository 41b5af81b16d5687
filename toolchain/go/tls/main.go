// Pulumi's TLS plugin, built from the Terraform provider that it wraps.
//
// It is the fallback for machines that cannot download the official plugin; the types get the
// names that the npm package @pulumi/tls uses. The provider is 4.2.1; the official plugin wraps a newer
// one, whose further properties (write-only private keys) the program does not use.
package main

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-provider-tls/internal/provider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	info "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// version is that of the npm package this build stands in for; the linker sets it.
var version = "0.0.0"

// resource spells a type's full name: PrivateKey is tls:index/privateKey:PrivateKey.
func resource(name string) *info.ResourceInfo {
	module := strings.ToLower(name[:1]) + name[1:]
	return &info.ResourceInfo{Tok: tokens.Type("tls:index/" + module + ":" + name)}
}

func main() {
	tfbridge.Main(context.Background(), "tls", info.ProviderInfo{
		P:       tfbridge.ShimProvider(provider.New()),
		Name:    "tls",
		Version: version,
		// The bridge insists on the metadata that its code generator would leave here.
		MetadataInfo: info.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*info.ResourceInfo{
			"tls_cert_request":        resource("CertRequest"),
			"tls_locally_signed_cert": resource("LocallySignedCert"),
			"tls_private_key":         resource("PrivateKey"),
			"tls_self_signed_cert":    resource("SelfSignedCert"),
		},
		// Schemas without a version are version 0, as in the official plugin, so that one reads the other's state.
		EnableZeroDefaultSchemaVersion: true,
	}, tfbridge.ProviderMetadata{
		// The schema serves code generators only; the npm package brings its own types.
		PackageSchema: []byte(`{"name":"tls","version":"` + version + `"}`),
	})
}
