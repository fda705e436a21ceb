/** What @peculiar/x509 needs when it is loaded. A module of its own, so that a bundler runs it before that package. */
import "reflect-metadata";
