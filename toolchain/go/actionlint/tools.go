//go:build tools

// Package actionlint pins the checker of GitHub's workflows, so that `go build` finds it in go.sum.
package actionlint

import _ "github.com/rhysd/actionlint/cmd/actionlint"
