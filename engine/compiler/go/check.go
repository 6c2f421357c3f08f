package main

import (
	"maps"
	"slices"
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
	return checkResult{Collected: policy.collected}, append(append(diagnostics, silent(policy.modules, diagnostics)...), closed(policy.modules)...)
}

// compileChecked reports everything that it can find at once; the result is nil when anything of it is an error.
func compileChecked(req request, tests bool) (*checked, []diagnostic) {
	modules, findings := parseModules(req, tests)
	broken := len(findings) > 0
	if taken := reserved(modules); len(taken) > 0 {
		return nil, append(findings, taken...)
	}
	findings = append(findings, outsideRoots(req, modules)...)
	policy, more := compileAll(req, modules, tests, broken)
	findings = append(findings, more...)
	sortDiagnostics(findings)
	for _, finding := range findings {
		if finding.Severity == "error" {
			return nil, findings
		}
	}
	return policy, findings
}

// compileAll compiles the modules, and where some of them fail, the others without them: OPA's compiler stops at the
// first stage that finds anything, and an author wants to see a type error in one file beside an unsafe variable in
// another. What is only missing because its module was left out is no finding.
func compileAll(req request, modules map[string]*ast.Module, tests, incomplete bool) (*checked, []diagnostic) {
	var findings []diagnostic
	for {
		collected, unheard := collect(modules)
		module, err := ast.ParseModuleWithOpts(collectedFile, collected, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, append(findings, failure(err))
		}
		modules[collectedFile] = module
		compiler, errs := compileStrictly(req, modules, tests)
		if incomplete {
			errs = slices.DeleteFunc(errs, isConsequence)
		}
		findings = append(findings, errs...)
		if compiler != nil {
			findings = append(append(findings, unheard...), bystanders(compiler, modules)...)
			findings = append(findings, readsCommands(compiler)...)
			return &checked{modules: modules, collected: collected, compiler: compiler}, findings
		}
		failing := failingModules(errs, modules)
		if len(failing) == 0 {
			return nil, append(findings, unheard...)
		}
		for _, finding := range unheard {
			if failing[finding.File] {
				findings = append(findings, finding)
			}
		}
		maps.DeleteFunc(modules, func(name string, _ *ast.Module) bool { return failing[name] })
		incomplete = true
	}
}

// failingModules names the modules that can be left out to go on.
func failingModules(errs []diagnostic, modules map[string]*ast.Module) map[string]bool {
	failing := map[string]bool{}
	for _, e := range errs {
		if _, ok := modules[e.File]; ok && !isOurs(e.File) {
			failing[e.File] = true
		}
	}
	return failing
}

// isConsequence tells whether an error may have no other cause than that a module was left out.
func isConsequence(d diagnostic) bool {
	return strings.HasPrefix(d.Message, "undefined function data.") || strings.HasPrefix(d.Message, "undefined ref: data.")
}

// errorLimit keeps an answer readable when everything is wrong.
const errorLimit = 100

func compileStrictly(req request, modules map[string]*ast.Module, prints bool) (*ast.Compiler, []diagnostic) {
	compiler := ast.NewCompiler().
		WithStrict(!req.Lenient).
		// What is erased of a build must not count as read.
		WithEnablePrintStatements(prints).
		WithCapabilities(capabilities(req.Builtins)).
		WithPathConflictsCheck(existsIn(req.Data)).
		SetErrorLimit(errorLimit)
	if req.Schema != nil {
		// The schema at the root is the type of `input` in every module; a rule's own annotation comes before it.
		schemas := ast.NewSchemaSet()
		schemas.Put(ast.SchemaRootRef, req.Schema)
		compiler = compiler.WithSchemas(schemas).WithUseTypeCheckAnnotations(true)
	}
	compiler.Compile(modules)
	if compiler.Failed() {
		diagnostics := fromError(compiler.Errors)
		for i := range diagnostics {
			locateConflict(&diagnostics[i], modules)
		}
		return nil, diagnostics
	}
	return compiler, nil
}

// existsIn tells OPA where the data document has a value, so that a rule at the same place is an error: one of the two
// would hide the other.
func existsIn(data map[string]any) func([]string) (bool, error) {
	return func(path []string) (bool, error) {
		var node any = data
		for _, step := range path {
			object, ok := node.(map[string]any)
			if !ok {
				return false, nil
			}
			if node, ok = object[step]; !ok {
				return false, nil
			}
		}
		return true, nil
	}
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
