// Pulumi's random plugin, built from the Terraform provider that it wraps.
//
// It is the fallback for machines that cannot download the official plugin; the types get the
// names that the npm package @pulumi/random uses.
package main

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	info "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// version is that of the npm package this build stands in for; the linker sets it.
var version = "0.0.0"

// resource spells a type's full name: RandomId is random:index/randomId:RandomId.
func resource(name string) *info.ResourceInfo {
	module := strings.ToLower(name[:1]) + name[1:]
	return &info.ResourceInfo{Tok: tokens.Type("random:index/" + module + ":" + name)}
}

func main() {
	tfbridge.Main(context.Background(), "random", info.ProviderInfo{
		P:       tfbridge.ShimProvider(provider.New()),
		Name:    "random",
		Version: version,
		// The bridge insists on the metadata that its code generator would leave here.
		MetadataInfo: info.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*info.ResourceInfo{
			"random_bytes":    resource("RandomBytes"),
			"random_id":       resource("RandomId"),
			"random_integer":  resource("RandomInteger"),
			"random_password": resource("RandomPassword"),
			"random_pet":      resource("RandomPet"),
			"random_shuffle":  resource("RandomShuffle"),
			"random_string":   resource("RandomString"),
			"random_uuid":     resource("RandomUuid"),
			"random_uuid4":    resource("RandomUuid4"),
			"random_uuid7":    resource("RandomUuid7"),
		},
	}, tfbridge.ProviderMetadata{
		// The schema serves code generators only; the npm package brings its own types.
		PackageSchema: []byte(`{"name":"random","version":"` + version + `"}`),
	})
}
