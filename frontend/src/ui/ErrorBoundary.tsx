// One broken part does not take the page with it.
import { Component, type ReactNode } from "react";
import { ErrorNote } from "./ErrorNote.tsx";

type Props = { children: ReactNode };

export class ErrorBoundary extends Component<Props, { thrown: unknown; broken: boolean }> {
  override state = { thrown: null as unknown, broken: false };

  static getDerivedStateFromError(thrown: unknown) {
    return { thrown, broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <div style={{ padding: "1rem" }}>
        <ErrorNote problem={this.state.thrown} retry={() => this.setState({ broken: false, thrown: null })} />
      </div>
    );
  }
}
