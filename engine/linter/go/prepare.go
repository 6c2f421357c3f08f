package main

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
	regal "github.com/styrainc/regal/bundle"
	"github.com/styrainc/regal/pkg/builtins"
	"github.com/styrainc/regal/pkg/config"
)

// linter is Regal's rules and those beside them, compiled: what costs seconds, and depends on no configuration.
type linter struct {
	query *rego.PreparedEvalQuery
	// What the rules read as data. Regal's configuration is written into it for each request.
	store storage.Store
	// Regal's rules, and those beside them, by category and name.
	names map[string]map[string]ruleInfo
	// The settings in force, and the request that they are of.
	settings   *config.Config
	settingsOf string
}

var (
	// The linter with the rules that every request has. The built artifact is a snapshot taken after it was made.
	standard      *linter
	standardRules map[string]string
	// The one for a user with rules of their own, and those rules: requests of one run have the same ones.
	extended   *linter
	extendedBy map[string]string
	// Whether the heap is still kept as small as for the snapshot.
	prepared bool
)

// prepare makes the standard linter.
func prepare(req request) (any, error) {
	made, err := newLinter(req.Rules)
	if err != nil {
		return nil, err
	}
	standard, standardRules = made, req.Rules
	// Linting once makes what is made at the first use a part of the snapshot.
	first := request{Modules: map[string]string{"a.rego": "package policy.a\n\nallow contains \"x\" if input.a\n"}, Collect: true}
	if _, err := lint(first); err != nil {
		return nil, err
	}
	prepared = true
	return map[string]any{"rules": len(req.Rules)}, nil
}

// grow lets the heap grow further between collections than it may while the program is set up: a snapshot should be
// small, a run should be fast.
func grow() {
	if prepared {
		prepared = false
		debug.SetGCPercent(400)
	}
}

// linterFor gives the linter for a request: the standard one unless the user has rules of their own.
func linterFor(req request) (*linter, error) {
	if len(req.Rules) == 0 && standard != nil {
		return standard, nil
	}
	if extended != nil && maps.Equal(extendedBy, req.Rules) {
		return extended, nil
	}
	rules := map[string]string{}
	maps.Copy(rules, standardRules)
	maps.Copy(rules, req.Rules)
	made, err := newLinter(rules)
	if err != nil {
		return nil, err
	}
	extended, extendedBy = made, req.Rules
	return made, nil
}

// Where Regal's rules are documented, below it by category and name.
const regalDocs = "https://www.openpolicyagent.org/projects/regal/rules"

func newLinter(rules map[string]string) (*linter, error) {
	made := &linter{names: map[string]map[string]ruleInfo{}}
	options := []func(*rego.Rego){
		rego.ParsedQuery(ast.MustParseBody("lint := data.regal.main.lint")),
		rego.ParsedBundle("regal", &bundle.Bundle{
			Manifest: bundle.Manifest{Roots: &[]string{"regal"}, Metadata: map[string]any{"name": "regal"}},
			Modules:  regalModules(),
			Data:     regal.LoadedBundle.Data,
		}),
	}
	options = append(options, builtins.RegalBuiltinRegoFuncs...)
	for _, file := range regalModules() {
		made.describe(file.Parsed, regalDocs)
	}
	for _, name := range util.KeysSorted(rules) {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		module, err := ast.ParseModuleWithOpts(name, rules[name], parserOptions())
		if err != nil {
			return nil, &failure{Kind: "rules", Message: err.Error()}
		}
		made.describe(module, "")
		options = append(options, rego.ParsedModule(module))
	}
	made.store = inmem.NewFromObjectWithOpts(map[string]any{}, inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
	ctx := context.Background()
	var query rego.PreparedEvalQuery
	err := storage.Txn(ctx, made.store, storage.WriteParams, func(txn storage.Transaction) error {
		var err error
		query, err = rego.New(append(options, rego.Store(made.store), rego.Transaction(txn))...).PrepareForEval(ctx)
		return err
	})
	if err != nil {
		return nil, &failure{Kind: "rules", Message: fmt.Sprintf("the linter's rules do not compile: %s", err)}
	}
	made.query = &query
	return made, nil
}

// regalModules leaves out what Regal needs for editors only: a third of the modules, and of what they cost.
func regalModules() []bundle.ModuleFile {
	kept := make([]bundle.ModuleFile, 0, len(regal.LoadedBundle.Modules))
	for _, file := range regal.LoadedBundle.Modules {
		if !strings.Contains(file.Path, "/lsp/") {
			kept = append(kept, file)
		}
	}
	return kept
}
