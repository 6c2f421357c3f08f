// The former place of the build, for as long as several of us work on the compiler: node engine/artifacts/build.js compiler
process.argv.splice(2, 0, 'compiler');
await import('../artifacts/build.js');
