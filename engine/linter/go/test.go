package main

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	regal "github.com/styrainc/regal/bundle"
	"github.com/styrainc/regal/pkg/builtins"
)

type testCase struct {
	Package string `json:"package"`
	Name    string `json:"name"`
	File    string `json:"file"`
	Row     int    `json:"row"`
	Passed  bool   `json:"passed"`
	Message string `json:"message,omitempty"`
	Output  string `json:"output,omitempty"`
}

// test runs the tests of rules, with Regal's library and builtins at hand as they are when the rules run.
func test(req request) (any, error) {
	modules := map[string]*ast.Module{}
	for name, text := range req.Rules {
		module, err := ast.ParseModuleWithOpts(name, text, parserOptions())
		if err != nil {
			return nil, &failure{Kind: "rules", Message: err.Error()}
		}
		modules[name] = module
	}
	for _, file := range regalModules() {
		modules[file.Path] = file.Parsed
	}
	settings, err := mergeSettings(req)
	if err != nil {
		return nil, err
	}
	data, err := dataFor(req, settings)
	if err != nil {
		return nil, err
	}
	data["regal"] = regal.LoadedBundle.Data["regal"]
	ctx := context.Background()
	store := inmem.NewFromObject(data)
	runner := tester.NewRunner().SetStore(store).SetModules(modules).CapturePrintOutput(true).
		AddCustomBuiltins(builtins.TestContextBuiltins())
	cases := []testCase{}
	err = storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		results, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		for one := range results {
			cases = append(cases, describeCase(one))
		}
		return nil
	})
	if err != nil {
		return nil, &failure{Kind: "rules", Message: err.Error()}
	}
	return map[string]any{"cases": cases}, nil
}

func describeCase(one *tester.Result) testCase {
	out := testCase{Package: one.Package, Name: one.Name, Passed: one.Pass(), Output: string(one.Output)}
	if one.Location != nil {
		out.File, out.Row = one.Location.File, one.Location.Row
	}
	if one.Error != nil {
		out.Message = one.Error.Error()
	}
	return out
}
