package main

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checked is a set of modules that passed: parsed, strictly compiled and typed by the input's schema.
type checked struct {
	modules   map[string]*ast.Module
	collected string
	compiler  *ast.Compiler
}

type checkResult struct {
	Collected string `json:"collected"`
}

func check(req request) (any, []diagnostic) {
	policy, diagnostics := compileChecked(req, true)
	if policy == nil {
		return nil, diagnostics
	}
	return checkResult{Collected: policy.collected}, diagnostics
}

// compileChecked reports everything that it can find at once; the result is nil when anything of it is an error.
func compileChecked(req request, tests bool) (*checked, []diagnostic) {
	modules, diagnostics := parseModules(req, tests)
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	collected, findings := collect(modules)
	if _, taken := modules[collectedFile]; taken {
		return nil, []diagnostic{{Severity: "error", Code: "reserved_file", File: collectedFile,
			Message: collectedFile + " is generated", Help: "give your file another name"}}
	}
	module, err := ast.ParseModuleWithOpts(collectedFile, collected, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil, append(findings, failure(err))
	}
	modules[collectedFile] = module
	compiler, errs := compileStrictly(req, modules)
	findings = append(findings, errs...)
	sortDiagnostics(findings)
	for _, finding := range findings {
		if finding.Severity == "error" {
			return nil, findings
		}
	}
	return &checked{modules: modules, collected: collected, compiler: compiler}, findings
}

func compileStrictly(req request, modules map[string]*ast.Module) (*ast.Compiler, []diagnostic) {
	compiler := ast.NewCompiler().
		WithStrict(true).
		WithEnablePrintStatements(true).
		WithCapabilities(capabilities(req.Builtins))
	if req.Schema != nil {
		// The schema at the root is the type of `input` in every module; a rule's own annotation comes before it.
		schemas := ast.NewSchemaSet()
		schemas.Put(ast.SchemaRootRef, req.Schema)
		compiler = compiler.WithSchemas(schemas).WithUseTypeCheckAnnotations(true)
	}
	copies := make(map[string]*ast.Module, len(modules))
	for name, module := range modules {
		copies[name] = module.Copy()
	}
	compiler.Compile(copies)
	if compiler.Failed() {
		diagnostics := fromError(compiler.Errors)
		for i := range diagnostics {
			locateConflict(&diagnostics[i], modules)
		}
		return nil, diagnostics
	}
	return compiler, nil
}

// locateConflict moves a conflict between rules from the package clause, where OPA reports it, to the last of the rules.
func locateConflict(d *diagnostic, modules map[string]*ast.Module) {
	rest, conflicting := strings.CutPrefix(d.Message, "conflicting rules ")
	if !conflicting {
		if rest, conflicting = strings.CutPrefix(d.Message, "multiple default rules "); !conflicting {
			return
		}
	}
	path, _, _ := strings.Cut(rest, " found")
	for _, file := range sortedKeys(modules) {
		for _, rule := range modules[file].Rules {
			if rule.Ref().GroundPrefix().String() == path {
				d.File, d.Row, d.Col = file, rule.Location.Row, rule.Location.Col
			}
		}
	}
}
