"""Extensions of a cluster (Microsoft.KubernetesConfiguration): Azure ML's, and Flux with a Git source."""

from typing import Any

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs, child, known_value_of, without_none
from .catalogue.vm_sizes import Accelerator
from .settings.aks import AKSSettings
from .settings.gitops import GitOpsSettings


def azureml_extension(
    name: str,
    settings: AKSSettings,
    *,
    args: PlacedArgs,
    cluster_id: In[str],
    cluster_name: In[str],
    cluster_group: In[str],
    highly_available: bool,
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> "native.kubernetesconfiguration.Extension":
    """Azure ML's extension, for inference, and for training where the settings say so.

    Its settings are those that the Azure CLI sends ("Deploy Azure Machine Learning extension"; azure-cli-extensions,
    partner_extensions/AzureMLKubernetes.py); all values are texts.
    """
    return native.kubernetesconfiguration.Extension(
        name,
        extension_name="azureml",
        extension_type="Microsoft.AzureML.Kubernetes",
        **_of(cluster_name, cluster_group),
        identity={"type": native.kubernetesconfiguration.ResourceIdentityType.SYSTEM_ASSIGNED},
        auto_upgrade_minor_version=True,
        release_train="stable",
        scope={"cluster": {"release_namespace": "azureml"}},
        configuration_settings={
            **_derived(args, cluster_id, cluster_name, highly_available),
            **_router(settings, highly_available),
            **_devices(settings),
            **_training(settings),
        },
        opts=child(parent, depends_on=depends_on),
    )


def _of(cluster_name: In[str], cluster_group: In[str]) -> dict[str, Any]:
    return {
        "cluster_rp": "Microsoft.ContainerService",
        "cluster_resource_name": "managedClusters",
        "cluster_name": cluster_name,
        "resource_group_name": cluster_group,
    }


def _derived(
    args: PlacedArgs, cluster_id: In[str], cluster_name: In[str], highly_available: bool
) -> dict[str, In[str]]:
    """What the CLI derives, and the extension does not work without."""
    return {
        "cluster_name": cluster_id,
        "clusterId": cluster_id,
        "cluster_name_friendly": cluster_name,
        "clusterPurpose": "FastProd" if highly_available else "DevTest",
        "domain": f"{args.location}.cloudapp.azure.com",
        "jobSchedulerLocation": args.location,
        "location": args.location,
        "nginxIngress.enabled": "true",
        "prometheus.prometheusSpec.externalLabels.cluster_name": cluster_id,
        "relayserver.enabled": "false",
        "servicebus.enabled": "false",
    }


def _router(settings: AKSSettings, highly_available: bool) -> dict[str, In[str]]:
    """How scoring comes in: by a load balancer inside the network."""
    return {
        "enableInference": "True",
        "inferenceRouterServiceType": "LoadBalancer",
        "internalLoadBalancerProvider": "azure",
        "scoringFe.serviceType.internalLoadBalancer": "True",
        "inferenceRouterHA": str(highly_available),
        "allowInsecureConnections": str(settings.https is None),
        **without_none(
            sslCname=settings.https.cname if settings.https else None,
            **{"scoringFe.sslSecret": settings.https.secret_name if settings.https else None},
        ),
    }


def _devices(settings: AKSSettings) -> dict[str, In[str]]:
    """NVIDIA's device plugin, which AKS does not install. For cards that MIG splits it comes from a Git source, and two
    on one node would be in each other's way."""
    gpus = [each for each in settings.pools if each.accelerator is Accelerator.GPU]
    own = bool(gpus) and not any(each.mig_profile for each in gpus)
    tolerated: dict[str, In[str]] = {}
    if any(each.spot for each in settings.pools):
        # AKS taints spot nodes itself. Not documented, and in use at Microsoft (azure-facts.md trap 4 has none).
        tolerated = {
            f"workLoadToleration[0].{key}": value
            for key, value in (
                ("key", "kubernetes.azure.com/scalesetpriority"),
                ("operator", "Equal"),
                ("value", "spot"),
                ("effect", "NoSchedule"),
            )
        }
    return {
        "installNvidiaDevicePlugin": str(own),
        "installDcgmExporter": str(own),
        "installPromOp": "True",
        **tolerated,
    }


def _training(settings: AKSSettings) -> dict[str, In[str]]:
    return {
        "enableTraining": str(settings.training),
        "installVolcano": str(settings.training),
        **without_none(
            **{
                "volcanoScheduler.schedulerConfigMap": settings.scheduler_config_map,
                "amloperator.skipResourceValidation": "true" if settings.scheduler_config_map else None,
            }
        ),
    }


def gitops(
    name: str,
    source: GitOpsSettings,
    *,
    cluster_name: In[str],
    cluster_group: In[str],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> "native.kubernetesconfiguration.FluxConfiguration":
    """Flux, and what it applies to the cluster."""
    flux = native.kubernetesconfiguration.Extension(
        f"{name}-flux",
        extension_name="flux",
        extension_type="microsoft.flux",
        **_of(cluster_name, cluster_group),
        identity={"type": native.kubernetesconfiguration.ResourceIdentityType.SYSTEM_ASSIGNED},
        auto_upgrade_minor_version=True,
        scope={"cluster": {"release_namespace": "flux-system"}},
        opts=child(parent, depends_on=depends_on),
    )
    return native.kubernetesconfiguration.FluxConfiguration(
        f"{name}-gitops",
        flux_configuration_name="ml-platform",
        **_of(known_value_of(flux, cluster_name), cluster_group),
        namespace="ml-platform",
        scope="cluster",
        source_kind="GitRepository",
        git_repository={
            "url": source.url,
            "repository_ref": without_none(branch=source.branch, tag=source.tag, commit=source.commit),
            "sync_interval_in_seconds": source.interval_seconds,
        },
        kustomizations={
            each.name: {"path": each.path, "prune": True, "sync_interval_in_seconds": source.interval_seconds}
            for each in source.kustomizations
        },
        opts=child(parent),
    )
