package main

import (
	"bytes"
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

type plainResult struct {
	Wasm []byte `json:"wasm"`
}

// compilePlain compiles modules to WASM as `opa build -t wasm` does: without Sallyport's checks, conventions and manifest.
// OPA's own conformance cases are compiled so; many of them would not pass a strict check.
func compilePlain(req request) (any, []diagnostic) {
	modules, diagnostics := parseModules(req, true)
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	source := bundle.Bundle{Data: map[string]any{}}
	for _, name := range sortedKeys(modules) {
		file := bundle.ModuleFile{URL: name, Path: name, Raw: []byte(req.Modules[name]), Parsed: modules[name]}
		source.Modules = append(source.Modules, file)
	}
	compiler := compile.New().
		WithTarget(compile.TargetWasm).
		WithEntrypoints(req.Entrypoints...).
		WithBundle(&source).
		WithCapabilities(capabilities(req.Builtins)).
		WithRegoVersion(ast.RegoV1).
		WithOutput(&bytes.Buffer{})
	if err := compiler.Build(context.Background()); err != nil {
		return nil, fromError(err)
	}
	return plainResult{Wasm: compiler.Bundle().WasmModules[0].Raw}, nil
}
