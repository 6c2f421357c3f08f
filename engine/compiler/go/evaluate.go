package main

import (
	"context"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type evaluateResult struct {
	Defined bool `json:"defined"`
	Value   any  `json:"value"`
}

// evaluate runs a query in OPA's own engine: the reference that the WASM runtime and its builtins are compared with.
func evaluate(req request) (any, []diagnostic) {
	modules, diagnostics := parseModules(req, true)
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	data := req.Data
	if data == nil {
		data = map[string]any{}
	}
	options := []func(*rego.Rego){
		rego.Query(req.Query),
		rego.Store(inmem.NewFromObject(data)),
		rego.StrictBuiltinErrors(req.Strict),
		rego.SetRegoVersion(ast.RegoV1),
	}
	for _, module := range modules {
		options = append(options, rego.ParsedModule(module))
	}
	if req.Input != nil {
		options = append(options, rego.Input(*req.Input))
	}
	if req.Now != nil {
		options = append(options, rego.Time(time.Unix(0, *req.Now)))
	}
	results, err := rego.New(options...).Eval(context.Background())
	if err != nil {
		return nil, fromError(err)
	}
	if len(results) == 0 || len(results[0].Expressions) == 0 {
		return evaluateResult{}, nil
	}
	return evaluateResult{Defined: true, Value: results[0].Expressions[0].Value}, nil
}
