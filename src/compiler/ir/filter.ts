/** Gateway API's HTTPRouteFilter: what changes a request or an answer. None is compiled yet. */
export type Filter = never;
