/** Of a hook of git, a CI, a proxy and the test runner. */
const FOREIGN = /^(?:GIT_|GITHUB_|GITLAB_|CI_|(?:https?|all|no)_proxy$|FORCE_COLOR$|NO_COLOR$)/i;

/** The environment of this process, but for what would have commands do other things than on a developer's machine. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
}
