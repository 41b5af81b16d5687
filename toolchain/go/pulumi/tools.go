//go:build tools

// Package pulumi pins the Pulumi command line, so that `go build` finds it in go.sum.
package pulumi

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
