/** Stylesheets are imported for their effect; the bundler puts them into widget.css. */
declare module "*.css";
