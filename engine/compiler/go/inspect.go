package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ruleInfo is one rule's head: rules with the same path each have their own, with the METADATA that stands above it.
type ruleInfo struct {
	// As `data.policy.shop.deny`.
	Path    string `json:"path"`
	Package string `json:"package"`
	Name    string `json:"name"`
	// value, set, object, function, or default.
	Kind string `json:"kind"`
	File string `json:"file"`
	Row  int    `json:"row"`
	// Whether it is one of the rules that a decision hears.
	Effect      string         `json:"effect,omitempty"`
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	Entrypoint  bool           `json:"entrypoint,omitempty"`
	Custom      map[string]any `json:"custom,omitempty"`
	// It comes with Sallyport.
	Library bool `json:"library,omitempty"`
}

type inspectResult struct {
	Rules []ruleInfo `json:"rules"`
	// Of all entrypoints together; absent where the modules do not compile by themselves.
	Reads *reads `json:"reads,omitempty"`
}

// inspect describes modules, as far as they can be read: what does not parse or compile becomes a finding, and the rest
// is described all the same. It asks for no schema and no capabilities, since other builders' bundles know neither.
func inspect(req request) (any, []diagnostic) {
	req.Builtins = nil
	req.Schema = nil
	modules, diagnostics := parseModules(req, false)
	result := inspectResult{Rules: describeRules(modules)}
	compiler := ast.NewCompiler().WithCapabilities(capabilities(nil)).WithEnablePrintStatements(false)
	compiler.Compile(withoutTypes(modules))
	if compiler.Failed() {
		return result, append(diagnostics, fromError(compiler.Errors)...)
	}
	entrypoints, missing := entrypointRefs(compiler, req.Entrypoints)
	if len(missing) == 0 && len(entrypoints) > 0 {
		dependencies := readsOf(compiler, entrypoints)
		result.Reads = &dependencies
	}
	return result, append(diagnostics, missing...)
}

// withoutTypes leaves out what annotations say about schemas: those are not here.
func withoutTypes(modules map[string]*ast.Module) map[string]*ast.Module {
	bare := make(map[string]*ast.Module, len(modules))
	for name, module := range modules {
		bare[name] = module.Copy()
		for _, annotations := range bare[name].Annotations {
			annotations.Schemas = nil
		}
	}
	return bare
}

func describeRules(modules map[string]*ast.Module) []ruleInfo {
	rules := []ruleInfo{}
	set, _ := ast.BuildAnnotationSet(slices.Collect(maps.Values(modules)))
	for _, file := range sortedKeys(modules) {
		if strings.TrimPrefix(file, "/") == collectedFile {
			continue
		}
		for _, rule := range modules[file].Rules {
			rules = append(rules, inspectRule(file, rule, set))
		}
	}
	slices.SortStableFunc(rules, func(a, b ruleInfo) int { return strings.Compare(a.Path, b.Path) })
	return rules
}

func inspectRule(file string, rule *ast.Rule, set *ast.AnnotationSet) ruleInfo {
	path := rule.Ref().GroundPrefix()
	info := ruleInfo{
		Path: path.String(), Package: packageName(rule), Name: plainName(rule), Kind: kindOf(rule),
		File: file, Row: rule.Location.Row, Library: isOurs(file),
	}
	if rule.Module.Package.Path.HasPrefix(policyRoot) {
		info.Effect, _ = effectOf(rule)
	}
	// The document's annotations stand for each of its rules, and a rule's own come first.
	annotations := append([]*ast.Annotations{}, set.GetRuleScope(rule)...)
	if document := set.GetDocumentScope(path); document != nil {
		annotations = append(annotations, document)
	}
	for _, one := range slices.Backward(annotations) {
		if one.Title != "" {
			info.Title = one.Title
		}
		if one.Description != "" {
			info.Description = one.Description
		}
		info.Entrypoint = info.Entrypoint || one.Entrypoint
		if len(one.Custom) > 0 && info.Custom == nil {
			info.Custom = map[string]any{}
		}
		maps.Copy(info.Custom, one.Custom)
	}
	return info
}

func kindOf(rule *ast.Rule) string {
	switch {
	case rule.Default:
		return "default"
	case rule.Head.Args != nil:
		return "function"
	case rule.Head.RuleKind() == ast.MultiValue:
		return "set"
	case len(rule.Ref()) > len(rule.Ref().GroundPrefix()):
		return "object"
	}
	return "value"
}
