import type { CatalogueEntry } from "../diagnostic.ts";

export const secretCodes = {
  EI7001: {
    severity: "error",
    title: "A Secret that is not among the manifests",
    why: "A route asks for what a Secret holds, and there is no such Secret. ingress-nginx answers 503 to every request then. The table never holds more than the name of a Secret, but the compiler looks whether it is there and whether it has what is asked for. A name of a Secret is looked for in the namespace of what names it, and in no other.",
    fix: "Give the Secret's manifest with -f, or say with --external-secrets that it will be at the edge at run time.",
  },
  EI7002: {
    severity: "warning",
    title: "A Secret that must be at the edge at run time",
    why: "With --external-secrets a Secret need not be among the manifests. Nobody has looked whether it holds what the route asks for. Until it is at the edge, as a Worker secret or in the KV namespace EDGE_INGRESS_SECRETS, every request of the route is answered 503. `secrets` in report.json names it, and so does `edge-ingress secrets list`.",
    fix: "Put it there with `edge-ingress secrets sync`, or under the name that report.json gives.",
  },
  EI7003: {
    severity: "error",
    title: "A Secret without the key that is asked for",
    why: "The Secret is there and lacks the key. For `auth-type: basic` that is `auth`, whose value is an htpasswd file, unless `auth-secret-type: auth-map` says that each key is a user. ingress-nginx answers 503 to every request then.",
    fix: "Add the key to the Secret, or correct what names it.",
  },
  EI7004: {
    severity: "error",
    title: "A Secret that is not the same in all clusters",
    why: "The edge stands in front of all clusters and has one Secret of each namespace and name. The manifests give it for some of the clusters that need it, or give different ones for several: a user would come in by a password of another cluster.",
    fix: "Give all clusters the same Secret, or give the routes of each cluster a Secret with a name of its own.",
  },
  EI7005: {
    severity: "error",
    title: "A value of a Secret that can't be read",
    why: "`data` holds base64 with padding, of text in UTF-8: the edge reads Secrets as text. `stringData` holds the text itself.",
    fix: "Write the value in base64 under `data`, or as it is under `stringData`.",
  },
  EI7006: {
    severity: "warning",
    title: "A user nobody can come in as",
    why: "A line of an htpasswd file is not of the form user:hash, repeats a user, or has a hash that the edge does not take. It takes bcrypt (`$2a$`, `$2b$`, `$2y$`) up to cost 14, SHA-crypt (`$5$`, `$6$`) up to 100,000 rounds, MD5-crypt (`$apr1$`, `$1$`), `{SHA}`, `{SSHA}` and `{PLAIN}`. It does not take DES-crypt, which the crypt(3) of ingress-nginx would: a password in clear looks the same. The message gives lines by number and never shows one; with `auth-secret-type: auth-map`, users by their number in the order of names.",
    fix: "Make the line anew with `htpasswd -B`, or remove it.",
  },
  EI7007: {
    severity: "warning",
    title: "A password in clear",
    why: "The line has a password after `{PLAIN}`. It works, as in nginx, but whoever reads the Secret has the password.",
    fix: "Make the line anew with `htpasswd -B`.",
  },
  EI7010: {
    severity: "error",
    title: "A client of a provider without its secret",
    why: "The value that `clientSecretRef` names is empty. The provider would refuse every login.",
    fix: "Put the secret into it that the provider gave for the client.",
  },
  EI7011: {
    severity: "error",
    title: "Keys of sessions that can not be used",
    why: "Sessions are sealed with the keys under `session.secretRef`, one on each line: the first one seals, all of them open. Each has at least 32 characters, for whoever guesses one can log in as anybody; there are at most five, for each is tried.",
    fix: "Make a key with `openssl rand -base64 32`. To rotate, put a new line before the old one, and take the old one out after the absolute timeout.",
  },
  EI7020: {
    severity: "error",
    title: "A secret of an origin that no header can hold, or that can be guessed",
    why: "The edge sends the value of `originSecret` in a header with every request to the cluster, which lets nobody else in. It is one line of visible ASCII; a line break at its end counts for nothing. With fewer than 16 characters it could be tried out.",
    fix: "Make a new one, as with `openssl rand -hex 32`, and give it to the cluster too.",
  },
  EI7030: {
    severity: "warning",
    title: "A secret in a manifest",
    why: "The value of an annotation or of a ConfigMap has a form that only keys, tokens and passwords have. Manifests lie in repositories, and everybody who may list Ingresses reads their annotations. No message shows the value.",
    fix: "Make a new secret, for this one is known, and put it into a Secret that the manifest names.",
  },
} as const satisfies Record<string, CatalogueEntry>;
