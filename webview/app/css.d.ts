/** Style sheets are imported for their effect: the bundler collects them beside the page's script. */
declare module '*.css';
