//go:build tools

// Package engine pins the Pulumi CLI that the tests run. `make engine` builds it.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
