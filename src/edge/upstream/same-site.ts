/**
 * Browsers that drop a cookie with SameSite=None, or take it for Strict: www.chromium.org/updates/same-site/incompatible-clients.
 */
export function misreadsSameSiteNone(userAgent: string): boolean {
  if (/\(iP.+; CPU .*OS 12[_\d]*.*\) AppleWebKit\//.test(userAgent)) return true;
  if (/\(Macintosh;.*Mac OS X 10_14[_\d]*.*\) AppleWebKit\//.test(userAgent)) {
    const isSafari = /Version\/.* Safari\//.test(userAgent) && !/Chrom(?:e|ium)/.test(userAgent);
    if (isSafari || /\(KHTML, like Gecko\)$/.test(userAgent)) return true;
  }
  const ucBrowser = /UCBrowser\/(\d+)\.(\d+)\.(\d+)/.exec(userAgent);
  if (ucBrowser !== null) {
    const [, major, minor, build] = ucBrowser.map(Number) as [number, number, number, number];
    return major * 1e6 + minor * 1e3 + build < 12_013_002;
  }
  const chromium = /Chrom(?:e|ium)\/(\d+)/.exec(userAgent);
  return chromium !== null && Number(chromium[1]) >= 51 && Number(chromium[1]) < 67;
}
