package main

import "github.com/open-policy-agent/opa/v1/format"

// formatModules gives every module as `opa fmt` writes it.
func formatModules(req request) (any, []diagnostic) {
	formatted := map[string]string{}
	var diagnostics []diagnostic
	for _, name := range sortedKeys(req.Modules) {
		text, err := format.Source(name, []byte(req.Modules[name]))
		if err != nil {
			diagnostics = append(diagnostics, fromError(err)...)
			continue
		}
		formatted[name] = string(text)
	}
	return map[string]any{"modules": formatted}, diagnostics
}
