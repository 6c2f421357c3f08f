package main

import (
	"fmt"
	_ "unsafe" // for go:linkname

	"github.com/open-policy-agent/opa/v1/ast"
	_ "github.com/open-policy-agent/opa/v1/compile"
)

// The builtins that OPA compiles into the policy module itself; it leaves the others to the host. OPA keeps the table
// to itself, and a copy of it here would go stale.
//
//go:linkname nativeBuiltins github.com/open-policy-agent/opa/internal/compiler/wasm.builtinsFunctions
var nativeBuiltins map[string]string

// Why some builtins are never supplied: a decision must depend on its input alone.
var neverSupplied = map[string]string{
	"http.send":              "a decision must not wait for the network",
	"io.jwt.encode_sign":     "a signature needs chance, and a decision must be the same each time",
	"io.jwt.encode_sign_raw": "a signature needs chance, and a decision must be the same each time",
	"net.lookup_ip_addr":     "a decision must not wait for the network",
	"opa.runtime":            "a decision must not depend on the machine that takes it",
	"rand.intn":              "a decision must be the same each time",
	"uuid.rfc4122":           "a decision must be the same each time",
}

// capabilities are the builtins that exist at run time: OPA's native ones and those that the host supplies. What is
// missing is then an error at compile time, with a position.
func capabilities(supplied []string) *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion()
	// A schema's `$ref` must not make the compiler ask the network. Nil would mean any host.
	all.AllowNet = []string{}
	if supplied == nil {
		return all
	}
	names := map[string]bool{}
	for _, name := range supplied {
		names[name] = true
	}
	kept := make([]*ast.Builtin, 0, len(all.Builtins))
	for _, builtin := range all.Builtins {
		if isNative(builtin) || names[builtin.Name] {
			kept = append(kept, builtin)
		}
	}
	all.Builtins = kept
	return all
}

func isNative(builtin *ast.Builtin) bool {
	if _, ok := nativeBuiltins[builtin.Name]; ok {
		return true
	}
	// The compiler rewrites these away; no call of them is left at run time.
	switch builtin.Name {
	case ast.Assign.Name, ast.Equality.Name, ast.RegoMetadataChain.Name, ast.RegoMetadataRule.Name,
		ast.Print.Name, ast.InternalPrint.Name, ast.Member.Name, ast.MemberWithKey.Name:
		return true
	}
	return false
}

func missingBuiltinHelp(name string) string {
	if _, known := ast.BuiltinMap[name]; !known {
		return ""
	}
	if why, ok := neverSupplied[name]; ok {
		return fmt.Sprintf("OPA has %s, but Sallyport does not supply it: %s", name, why)
	}
	return fmt.Sprintf("OPA has %s, but this runtime does not supply it", name)
}

type builtinInfo struct {
	Name             string   `json:"name"`
	Arguments        []string `json:"arguments"`
	Result           string   `json:"result"`
	Native           bool     `json:"native"`
	Deprecated       bool     `json:"deprecated"`
	Nondeterministic bool     `json:"nondeterministic"`
}

func listBuiltins(request) (any, []diagnostic) {
	var list []builtinInfo
	for _, builtin := range ast.CapabilitiesForThisVersion().Builtins {
		info := builtinInfo{
			Name: builtin.Name, Arguments: []string{}, Native: isNative(builtin),
			Deprecated: builtin.IsDeprecated(), Nondeterministic: builtin.Nondeterministic,
		}
		for _, argument := range builtin.Decl.FuncArgs().Args {
			info.Arguments = append(info.Arguments, argument.String())
		}
		if result := builtin.Decl.Result(); result != nil {
			info.Result = result.String()
		}
		list = append(list, info)
	}
	return list, nil
}
