/**
 * How the snippets of each language are run on this machine, as data. A program is compiled in a folder below the
 * user's project, whose settings for the same tools must not reach it: most tools look for them in every folder above.
 */

/** A command; `{cache}` in it is the prepared folder, `{here}` that of the program. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** How a snippet is run on this machine. */
export interface Toolchain {
  /** Must be on PATH, each with how one gets it. */
  readonly needs: Readonly<Record<string, string>>;
  /** Name of the snippet's file. */
  readonly file: string;
  /** Files of the project beside it, and what is done with them once, in a folder that is kept. */
  readonly project?: Readonly<Record<string, string>>;
  readonly prepare?: readonly Command[];
  /** Of that folder, what the program needs beside it: as links, or as copies where the tools write into it. */
  readonly link?: readonly string[];
  readonly copy?: readonly string[];
  /** Before the program, where it is to be compiled: said only when it fails. */
  readonly compile?: readonly Command[];
  readonly run: Command;
  /** Where its tools are started, if not in the folder they work on. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Of the clients that snippets are written for, and that `--run` installs. */
export const VERSIONS = {
  natsJs: "3.4.0",
  natsGo: "v1.55.0",
  natsPy: "2.16.0",
  jnats: "2.26.2",
  asyncNats: "0.51.0",
  natsPure: "2.5.0",
  natsNet: "3.1.0",
} as const;

const NPM = { npm: "it comes with Node: https://nodejs.org" };
/** A prefix: else npm looks above for a package that has this folder as a workspace. */
const NPM_INSTALL = [
  "npm",
  "install",
  "--prefix={cache}",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--loglevel=error",
] as const;

const CARGO = ["--quiet", "--manifest-path={here}/Cargo.toml", "--target-dir={here}/target"] as const;

/** What MSBuild, the SDK and the compiler would look for above, were it not here. */
const DOTNET_SETTINGS = {
  "Directory.Build.props": "<Project />\n",
  "Directory.Build.targets": "<Project />\n",
  "Directory.Packages.props": "<Project />\n",
  "Directory.Build.rsp": "",
  "global.json": "{}\n",
  ".editorconfig": "root = true\n",
} as const;

/** By language; of each name there is a `templates/snippets/<name>.eta`. */
export const TOOLCHAINS = {
  cli: {
    needs: {
      nats: "go install github.com/nats-io/natscli/nats@latest, or brew install nats-io/nats-tools/nats",
    },
    file: "hello.sh",
    run: ["/bin/sh", "-eu", "{here}/hello.sh"],
  },
  javascript: {
    needs: NPM,
    file: "hello.mjs",
    project: { "package.json": "{}" },
    prepare: [[...NPM_INSTALL, `@nats-io/transport-node@${VERSIONS.natsJs}`]],
    link: ["node_modules"],
    run: [process.execPath, "{here}/hello.mjs"],
  },
  typescript: {
    needs: NPM,
    file: "hello.mts",
    project: {
      "package.json": "{}",
      "tsconfig.json": `{
  "compilerOptions": {
    "strict": true, "skipLibCheck": true, "module": "nodenext", "target": "es2023", "types": ["node"]
  },
  "files": ["hello.mts"]
}
`,
    },
    prepare: [
      [...NPM_INSTALL, `@nats-io/transport-node@${VERSIONS.natsJs}`, "typescript@6.0", "@types/node@20"],
    ],
    link: ["node_modules"],
    copy: ["tsconfig.json"],
    compile: [
      [process.execPath, "{cache}/node_modules/typescript/bin/tsc", "--project", "{here}/tsconfig.json"],
    ],
    run: [process.execPath, "{here}/hello.mjs"],
  },
  go: {
    needs: { go: "https://go.dev/dl" },
    file: "main.go",
    // Once with a program that uses it: then its packages are compiled.
    project: {
      "go.mod": "module hello\n",
      "main.go": 'package main\n\nimport _ "github.com/nats-io/nats.go"\n\nfunc main() {}\n',
    },
    prepare: [
      ["go", "get", `github.com/nats-io/nats.go@${VERSIONS.natsGo}`],
      ["go", "build", "-o", "hello", "."],
    ],
    copy: ["go.mod", "go.sum", "go-cache"],
    compile: [["go", "build", "-C", "{here}", "-o", "hello", "."]],
    run: ["{here}/hello"],
    // What is compiled of the program has its secrets in it, and goes with it.
    env: {
      GOCACHE: "{here}/go-cache",
      GOFLAGS: "-mod=mod -buildvcs=false",
      GOWORK: "off",
      GOOS: "",
      GOARCH: "",
    },
  },
  python: {
    needs: { python3: "https://www.python.org/downloads, or apt-get install python3 python3-venv" },
    file: "hello.py",
    prepare: [
      ["python3", "-m", "venv", "{cache}/venv"],
      [
        "{cache}/venv/bin/pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        `nats-py==${VERSIONS.natsPy}`,
      ],
    ],
    run: ["{cache}/venv/bin/python", "{here}/hello.py"],
    env: { PYTHONUTF8: "1" },
  },
  java: {
    needs: {
      java: "https://adoptium.net, or apt-get install default-jdk",
      mvn: "https://maven.apache.org, or apt-get install maven",
    },
    file: "Hello.java",
    project: {
      "pom.xml": `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hello</groupId><artifactId>hello</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.nats</groupId><artifactId>jnats</artifactId><version>${VERSIONS.jnats}</version></dependency>
  </dependencies>
</project>
`,
    },
    prepare: [["mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=lib"]],
    run: ["java", "-cp", "{cache}/lib/*", "{here}/Hello.java"],
    env: { MAVEN_BASEDIR: "{cache}" },
  },
  rust: {
    needs: { cargo: "https://rustup.rs" },
    file: "main.rs",
    project: {
      "Cargo.toml": `[package]
name = "hello"
version = "0.1.0"
edition = "2021"

[workspace]

[[bin]]
name = "hello"
path = "main.rs"

[profile.dev]
debug = false

[dependencies]
async-nats = "${VERSIONS.asyncNats}"
futures-util = "0.3"
tokio = { version = "1", features = ["full"] }
`,
      "main.rs": "fn main() {}\n",
    },
    // What is kept is the clients, compiled, without the stub: nothing can be taken for the program but the program.
    prepare: [
      ["cargo", "build", ...CARGO],
      ["cargo", "clean", "--package", "hello", ...CARGO],
    ],
    copy: ["Cargo.toml", "Cargo.lock", "target"],
    compile: [["cargo", "build", ...CARGO]],
    run: ["{here}/target/debug/hello"],
    // Cargo reads the settings of all folders above the one that it is started in, wherever its package is.
    cwd: "/",
    env: { CARGO_BUILD_TARGET: "", CARGO_BUILD_BUILD_DIR: "{here}/target" },
  },
  c: {
    needs: { cc: "apt-get install gcc, or xcode-select --install" },
    file: "hello.c",
    compile: [["cc", "-o", "{here}/hello", "{here}/hello.c", "-lnats"]],
    run: ["{here}/hello"],
  },
  csharp: {
    needs: { dotnet: "https://dotnet.microsoft.com/download" },
    file: "Program.cs",
    project: {
      ...DOTNET_SETTINGS,
      "hello.csproj": `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net8.0</TargetFramework><RollForward>LatestMajor</RollForward>
    <ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="NATS.Net" Version="${VERSIONS.natsNet}" /></ItemGroup>
</Project>
`,
    },
    prepare: [["dotnet", "restore"]],
    copy: ["hello.csproj", ...Object.keys(DOTNET_SETTINGS)],
    compile: [["dotnet", "build", "{here}", "--output", "{here}/out", "--nologo", "--verbosity", "quiet"]],
    run: ["dotnet", "{here}/out/hello.dll"],
  },
  ruby: {
    needs: { ruby: "https://www.ruby-lang.org, or apt-get install ruby", gem: "it comes with Ruby" },
    file: "hello.rb",
    prepare: [
      [
        "gem",
        "install",
        "--silent",
        "--no-document",
        "--install-dir",
        "{cache}/gems",
        "nats-pure",
        "-v",
        VERSIONS.natsPure,
      ],
    ],
    run: ["ruby", "{here}/hello.rb"],
    env: { GEM_PATH: "{cache}/gems:" },
  },
} satisfies Readonly<Record<string, Toolchain>>;
